import { problem } from '../../runner/errors.js'
import { isArtifactConfig, MAX_CONFIG_BYTES, parseConfig } from '../../oci/config.js'
import type { ImageConfig } from '../../oci/config.js'
import { isForeignLayer } from '../../oci/manifest.js'
import type { Descriptor, Manifest, Platform } from '../../oci/manifest.js'
import { compressionOfLayer, isImageConfigMediaType } from '../../oci/media-types.js'
import { findBlob, readBlob } from './blob.js'
import type { StoredBlob, StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { parseArchiveConfig } from '../parse-archive-config.js'

/** The blobs of a manifest. */
export interface ManifestBlobs {
  /** `true` for a container image. An artifact can have any config and layers. */
  readonly isImage: boolean
  /** The platform in the config. */
  readonly platform: Platform | undefined
  readonly blobs: readonly StoredBlob[]
  /** The blobs that the layout does not contain. */
  readonly missing: readonly Descriptor[]
}

/**
 * Finds the blobs of a manifest: the config, then the layers, each digest once. Foreign layers without bytes are
 * neither listed nor missing.
 *
 * @throws ActionError if a size, the config or the number of layers is wrong
 */
export async function loadBlobs(tree: FileTree, manifest: Manifest): Promise<ManifestBlobs> {
  const config = await findBlob(tree, manifest.config)
  const image = config === undefined ? undefined : await findImageConfig(config, manifest, tree)
  const isImage = isImageManifest(manifest) && (config === undefined || image !== undefined)
  const diffIds = isImage ? image?.diffIds : undefined
  const blobs = new Map<string, StoredBlob>()
  const missing = new Map<string, Descriptor>()
  if (config === undefined) missing.set(manifest.config.digest, manifest.config)
  else blobs.set(manifest.config.digest, { descriptor: manifest.config, content: config })
  for (const [at, descriptor] of manifest.layers.entries()) {
    if (blobs.has(descriptor.digest) || missing.has(descriptor.digest)) continue
    const content = await findBlob(tree, descriptor)
    if (content !== undefined) {
      blobs.set(descriptor.digest, { descriptor, diffId: diffIds?.[at], content })
    } else if (!isForeignLayer(descriptor)) {
      missing.set(descriptor.digest, descriptor)
    }
  }
  return {
    isImage,
    platform: knownPlatform(image),
    blobs: [...blobs.values()],
    missing: [...missing.values()]
  }
}

/**
 * Returns the config of an image, or `undefined` for an artifact. An image with other layer types, such as encrypted
 * layers, has a platform as well, but its diff IDs cannot be verified.
 */
async function findImageConfig(
  content: StoredContent,
  manifest: Manifest,
  { path }: FileTree
): Promise<ImageConfig | undefined> {
  const { mediaType, digest } = manifest.config
  const isImage = isImageManifest(manifest)
  if (!isImageConfigMediaType(mediaType)) return undefined
  if (!isImage && content.size > MAX_CONFIG_BYTES) return undefined
  const bytes = await readBlob(content, digest, MAX_CONFIG_BYTES)
  if (hasFileNames(manifest) && isArtifactConfig(bytes, content.name)) return undefined
  if (isImage) return parseImageConfig(bytes, content.name, manifest, path)
  try {
    return parseConfig(bytes, content.name)
  } catch {
    return undefined
  }
}

/**
 * Returns `true` if ORAS wrote the layers: it records the name of each file. Without this condition, a damaged image would be
 * pushed as an artifact.
 */
function hasFileNames({ layers }: Manifest): boolean {
  const hasName = ({ annotations }: Descriptor): boolean =>
    annotations?.['org.opencontainers.image.title'] !== undefined
  return layers.length > 0 && layers.every(hasName)
}

/** Signatures do not have a platform in their config, and attestations have an unknown one. */
function knownPlatform(image: ImageConfig | undefined): Platform | undefined {
  const { os = '' } = image?.platform ?? {}
  return os === '' || os === 'unknown' ? undefined : image?.platform
}

/** Returns `true` for the manifest of a container image, unless its config is the one of an artifact. */
export function isImageManifest(manifest: Manifest): boolean {
  return (
    isImageConfigMediaType(manifest.config.mediaType) &&
    manifest.artifactType === undefined &&
    manifest.layers.every((layer) => compressionOfLayer(layer.mediaType) !== undefined)
  )
}

/** Reads the config of an image. @throws ActionError if it does not have the same number of layers as the manifest */
export async function readImageConfig(
  content: StoredContent,
  manifest: Manifest,
  path: string
): Promise<{ readonly bytes: Buffer; readonly config: ImageConfig }> {
  const bytes = await readBlob(content, manifest.config.digest, MAX_CONFIG_BYTES)
  return { bytes, config: parseImageConfig(bytes, content.name, manifest, path) }
}

function parseImageConfig(
  bytes: Buffer,
  name: string,
  manifest: Manifest,
  path: string
): ImageConfig {
  const config = parseArchiveConfig(bytes, name, path)
  if (config.diffIds.length === manifest.layers.length) return config
  throw problem({
    what: 'The number of layers in a manifest and in its config differ',
    value: name,
    reason: `The manifest lists ${manifest.layers.length} layers, and the config lists ${config.diffIds.length} diff IDs.`
  })
}
