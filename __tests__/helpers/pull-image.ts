import zlib from 'node:zlib'
import { parseConfig } from '../../src/oci/config.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { parseManifest } from '../../src/oci/manifest.js'
import type { Manifest } from '../../src/oci/manifest.js'
import { compressionOfLayer } from '../../src/oci/media-types.js'
import type { RunningEmulator } from './start-emulator.js'
import { makeDeps } from './make-deps.js'

/** One platform image of the registry, of which all digests have been checked. */
export interface PulledImage {
  readonly digest: string
  readonly mediaType: string
  readonly manifest: Manifest
  readonly configDigest: string
  readonly diffIds: readonly string[]
}

const MAX_BLOB_BYTES = 256 * 1024 * 1024

/**
 * Pulls all platform images of an image over `/v2/`. Fails if a blob is missing or does not have its digest or size, or
 * if a layer does not have its diff ID.
 */
export async function pullImage(
  emulator: RunningEmulator,
  repository: string,
  reference: string
): Promise<PulledImage[]> {
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const path = `a1b2c3d4/${repository}`
  const pull = async (name: string): Promise<PulledImage[]> => {
    const served = await registry.findManifest(path, name)
    if (served === undefined) throw new Error(`The registry does not have ${name}.`)
    const manifest = parseManifest(served.bytes, name, served.mediaType)
    if (manifest.kind === 'index') {
      const children: PulledImage[] = []
      for (const { digest } of manifest.manifests) children.push(...(await pull(digest)))
      return children
    }
    const config = await registry.getBlob(path, manifest.config.digest, MAX_BLOB_BYTES)
    const diffIds: string[] = []
    for (const layer of manifest.layers) {
      const blob = await registry.getBlob(path, layer.digest, MAX_BLOB_BYTES)
      if (blob.length !== layer.size) throw new Error(`The size of ${layer.digest} is wrong.`)
      diffIds.push(sha256Digest(decompress(blob, compressionOfLayer(layer.mediaType))))
    }
    const isImage = manifest.config.mediaType.includes('image')
    if (isImage && String(config).includes('rootfs')) {
      expect(diffIds).toEqual(parseConfig(config, 'config').diffIds)
    }
    const { digest, mediaType } = served
    return [{ digest, mediaType, manifest, configDigest: manifest.config.digest, diffIds }]
  }
  return pull(reference)
}

function decompress(blob: Buffer, compression: ReturnType<typeof compressionOfLayer>): Buffer {
  if (compression === 'gzip') return zlib.gunzipSync(blob)
  if (compression === 'zstd') return zlib.zstdDecompressSync(blob)
  return blob
}
