import { problem } from '../../runner/errors.js'
import { compressionOfLayer } from '../../oci/media-types.js'
import { detectCompression } from '../compression/detect-compression.js'
import type { StoredBlob } from '../contents.js'
import { readStart } from '../read-content.js'
import { BLOCK_BYTES, isTarStart } from '../tar/tar-header.js'
import { listLeaves } from './oci-graph.js'
import type { Loaded } from './oci-graph.js'

/**
 * Checks the first bytes of each layer of an image against its media type. A client that pulls the image trusts the
 * media type. Layers of artifacts can have any content and are not checked.
 *
 * @throws ActionError if a layer has another format
 */
export async function checkLayerTypes(loaded: Loaded, path: string): Promise<void> {
  const checked = new Set<string>()
  for (const leaf of listLeaves(loaded)) {
    if (leaf.kind !== 'manifest' || !leaf.isImage) continue
    const configDigest = leaf.manifest.config.digest
    for (const blob of leaf.blobs) {
      const { digest, mediaType } = blob.descriptor
      const key = `${digest} ${mediaType}`
      if (digest === configDigest || checked.has(key)) continue
      checked.add(key)
      await checkLayerType(blob, path)
    }
  }
}

async function checkLayerType({ descriptor, content }: StoredBlob, path: string): Promise<void> {
  const expected = compressionOfLayer(descriptor.mediaType)
  const start = await readStart(content, BLOCK_BYTES)
  const found = detectCompression(start) ?? (isTarStart(start) ? 'none' : undefined)
  if (found === expected) return
  throw problem({
    what: `A layer in ${content.archive ?? path} does not have the format of its media type`,
    value: content.name,
    reason: `The media type is ${descriptor.mediaType}, but the file is ${formatName(found)}.`,
    fix: 'Build the image again, or convert it with "skopeo copy".'
  })
}

function formatName(found: string | undefined): string {
  if (found === undefined) return 'neither a tar archive nor compressed data'
  return found === 'none' ? 'an uncompressed tar archive' : `compressed with ${found}`
}
