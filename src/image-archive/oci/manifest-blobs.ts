import { problem } from '../../runner/errors.js'
import { parseConfig } from '../../oci/config.js'
import type { ImageConfig } from '../../oci/config.js'
import type { Descriptor, Manifest, Platform } from '../../oci/manifest.js'
import { compressionOfLayer, isForeignLayer, MEDIA_TYPES } from '../../oci/media-types.js'
import { blobName, findBlob, readBlob } from './blob.js'
import type { StoredBlob, StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { MAX_CONFIG_BYTES } from '../read-json.js'

/** The blobs of a manifest, and those that the layout does not hold. */
export interface ManifestBlobs {
  /** What the config says that the image is made for. */
  readonly platform: Platform | undefined
  readonly blobs: readonly StoredBlob[]
  readonly missing: readonly Descriptor[]
}

/**
 * Finds the blobs of a manifest: the config first, then the layers, each digest once. Foreign layers that
 * are not there are neither listed nor missing, where their descriptor says where else they are.
 *
 * @throws ActionError where a size, the config or the number of layers is wrong
 */
export async function loadBlobs(tree: FileTree, manifest: Manifest): Promise<ManifestBlobs> {
  const config = await findBlob(tree, manifest.config)
  const image =
    config !== undefined && isImageManifest(manifest)
      ? (await readImageConfig(config, manifest)).config
      : undefined
  const blobs = new Map<string, StoredBlob>()
  const missing = new Map<string, Descriptor>()
  if (config === undefined) missing.set(manifest.config.digest, manifest.config)
  else blobs.set(manifest.config.digest, { descriptor: manifest.config, content: config })
  for (const descriptor of manifest.layers) {
    if (blobs.has(descriptor.digest) || missing.has(descriptor.digest)) continue
    const content = await findBlob(tree, descriptor)
    if (content !== undefined) {
      blobs.set(descriptor.digest, { descriptor, content })
    } else if (!isElsewhere(descriptor)) {
      missing.set(descriptor.digest, descriptor)
    }
  }
  const platform = image?.platform.os === '' ? undefined : image?.platform
  return { platform, blobs: [...blobs.values()], missing: [...missing.values()] }
}

/** `true` for the manifest of an image as containers run it; artifacts may have any config and layers. */
export function isImageManifest(manifest: Manifest): boolean {
  const { mediaType } = manifest.config
  return (
    (mediaType === MEDIA_TYPES.ociConfig || mediaType === MEDIA_TYPES.dockerConfig) &&
    manifest.artifactType === undefined &&
    manifest.layers.every((layer) => compressionOfLayer(layer.mediaType) !== undefined)
  )
}

/** The config of an image's manifest. @throws ActionError where it does not fit the manifest */
export async function readImageConfig(
  content: StoredContent,
  manifest: Manifest
): Promise<{ readonly bytes: Buffer; readonly config: ImageConfig }> {
  const bytes = await readBlob(content, manifest.config.digest, MAX_CONFIG_BYTES)
  const config = parseConfig(bytes, content.name)
  if (config.diffIds.length === manifest.layers.length) return { bytes, config }
  throw problem({
    what: `A manifest lists ${manifest.layers.length} layers, but its config ${blobName(manifest.config.digest)} has`,
    value: `${config.diffIds.length} rootfs.diff_ids`,
    expected: 'as many of one as of the other'
  })
}

function isElsewhere(descriptor: Descriptor): boolean {
  const hasUrls = descriptor.urls !== undefined && descriptor.urls.length > 0
  return hasUrls && isForeignLayer(descriptor.mediaType)
}
