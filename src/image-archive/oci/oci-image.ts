import { problem } from '../../runner/errors.js'
import { isArtifactOfImage, isAttestation, platformName } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import { compressionOfLayer } from '../../oci/media-types.js'
import type { DockerImage, LayerFile, StoredIndex, StoredManifest } from '../contents.js'
import { toDockerImage, toLayerFile } from '../docker/docker-archive.js'
import type { FileTree } from '../file-tree.js'
import { isImageManifest, readImageConfig } from './manifest-blobs.js'
import { isComplete, listLeaves } from './oci-graph.js'
import type { Absent, Loaded, LoadedManifest } from './oci-graph.js'

/** The image of an OCI layout that is pushed, and warnings to log. */
export interface PlatformChoice {
  readonly loaded: Loaded
  readonly warnings: readonly string[]
}

/**
 * Returns the whole image if it is complete, or else its only complete platform image. Docker saves an image that was
 * pulled for one platform with the index of all platforms.
 *
 * @param loaded the image with the blobs of its archive
 * @param everywhere the same image with the blobs of all archives, if there are several
 * @throws ActionError if no platform image is complete, or if several but not all of them are
 */
export function choosePlatforms(
  loaded: Loaded,
  everywhere: Loaded,
  tree: FileTree
): PlatformChoice {
  if (isComplete(everywhere)) return { loaded: everywhere, warnings: [] }
  const leaves = listLeaves(loaded)
  const platforms = leaves.filter((leaf) => !isArtifactOfImage(leaf.descriptor))
  const complete = platforms.filter(isComplete)
  const missing = listLeaves(everywhere).filter((leaf) => !isComplete(leaf))
  const [only] = complete
  if (loaded.kind !== 'index' || only === undefined) throw incompleteProblem(missing, tree)
  if (complete.length > 1) throw severalPlatformsProblem(complete, missing, tree)
  const name = nameOf(only.descriptor)
  return {
    loaded: only,
    warnings: [
      everywhere === loaded
        ? `Only ${name} of this image is pushed. The archive does not contain ${namesOf(missing)}.`
        : `Only ${name} of this archive is pushed. None of the archives contains ${namesOf(missing)}.`,
      ...new Set(
        leaves
          .filter((leaf) => isComplete(leaf) && isArtifactOf(leaf, only))
          .map(
            ({ descriptor }) =>
              `${isAttestation(descriptor) ? 'The attestation' : 'An artifact'} of this image is not pushed, because its index is not complete.`
          )
      )
    ]
  }
}

/** BuildKit and SOCI name the image of an attestation or artifact in an annotation. */
function isArtifactOf(
  { descriptor }: LoadedManifest | Absent,
  image: LoadedManifest | Absent
): boolean {
  const values = Object.values(descriptor.annotations ?? {})
  return isArtifactOfImage(descriptor) && values.includes(image.descriptor.digest)
}

/** Returns a complete image as stored. */
export function toStoredImage(loaded: Loaded): StoredManifest | StoredIndex {
  if (loaded.kind === 'absent')
    throw new Error(`The manifest ${loaded.descriptor.digest} is missing.`)
  const { bytes, descriptor } = loaded
  if (loaded.kind === 'index') {
    const children = new Map(
      loaded.children.map((child) => [child.descriptor.digest, toStoredImage(child)])
    )
    return {
      kind: 'stored-index',
      bytes,
      mediaType: loaded.mediaType,
      digest: descriptor.digest,
      children: [...children.values()]
    }
  }
  return {
    kind: 'stored-manifest',
    bytes,
    mediaType: loaded.manifest.mediaType,
    digest: descriptor.digest,
    platform: descriptor.platform ?? loaded.platform,
    blobs: loaded.blobs
  }
}

/** Returns `true` for an image with uncompressed layers, which Docker 25 and later writes with its classic image store. */
export function hasUncompressedLayers(loaded: Loaded): boolean {
  return listLeaves(loaded).some(
    (leaf) =>
      leaf.kind === 'manifest' &&
      leaf.isImage &&
      leaf.manifest.layers.some((layer) => compressionOfLayer(layer.mediaType) === 'none')
  )
}

/** Returns `true` for an artifact with the media types of an image. */
export function looksLikeImage(loaded: Loaded): boolean {
  return loaded.kind === 'manifest' && !loaded.isImage && isImageManifest(loaded.manifest)
}

/**
 * Returns a complete image with uncompressed layers as an image whose layers are compressed by the push. Returns
 * `undefined` if that would lose information: for referrers, artifacts, foreign layers and layers with annotations.
 */
export async function findCompressibleImage(
  loaded: LoadedManifest,
  path: string
): Promise<DockerImage | undefined> {
  const { manifest } = loaded
  if (!loaded.isImage || manifest.subject !== undefined) return undefined
  const contents = new Map(loaded.blobs.map((blob) => [blob.descriptor.digest, blob.content]))
  const configContent = contents.get(manifest.config.digest)
  if (configContent === undefined) return undefined
  const { bytes, config } = await readImageConfig(configContent, manifest, path)
  const layers = new Map<string, LayerFile>()
  for (const [at, descriptor] of manifest.layers.entries()) {
    const content = contents.get(descriptor.digest)
    const diffId = config.diffIds[at]
    if (content === undefined || diffId === undefined) return undefined
    if (descriptor.annotations !== undefined) return undefined
    checkUncompressedDigest(descriptor, diffId, content.name)
    if (!layers.has(diffId)) layers.set(diffId, await toLayerFile(content, diffId))
  }
  return { ...toDockerImage(bytes, config, layers), annotations: manifest.annotations }
}

function checkUncompressedDigest(descriptor: Descriptor, diffId: string, name: string): void {
  const isUncompressed = compressionOfLayer(descriptor.mediaType) === 'none'
  if (!isUncompressed || descriptor.digest === diffId) return
  throw problem({
    what: 'The digest of an uncompressed layer is not its diff ID in the config',
    value: name,
    expected: `The diff ID is ${diffId}.`
  })
}

function incompleteProblem(missing: readonly (LoadedManifest | Absent)[], tree: FileTree): Error {
  const [first] = missing
  const [blob] = first?.kind === 'manifest' ? first.missing : [first?.descriptor]
  return problem({
    what: 'The archive does not contain the whole image',
    value: tree.path,
    reason: `${blob === undefined ? 'Its manifests are' : `The blob ${blob.digest} is`} missing.`,
    fix: tree.hint ?? 'Create or download the archive again.'
  })
}

function severalPlatformsProblem(
  complete: readonly (LoadedManifest | Absent)[],
  missing: readonly (LoadedManifest | Absent)[],
  tree: FileTree
): Error {
  const digests = complete
    .map((leaf) => `${leaf.descriptor.digest} (${nameOf(leaf.descriptor)})`)
    .join(' or ')
  return problem({
    what: 'The archive contains several platforms of the image, but not all of them',
    value: tree.path,
    reason: `It contains ${namesOf(complete)}. Missing: ${namesOf(missing)}.`,
    fix: `Save the image with all platforms, or set the input "archive-image" to one of them: ${digests}.`
  })
}

/** Lists the platforms of manifests. Attestations do not have names, so they are listed once. */
function namesOf(leaves: readonly (LoadedManifest | Absent)[]): string {
  return [...new Set(leaves.map((leaf) => nameOf(leaf.descriptor)))].join(', ')
}

function nameOf(descriptor: Descriptor): string {
  if (isArtifactOfImage(descriptor))
    return isAttestation(descriptor) ? 'an attestation' : 'an artifact'
  return descriptor.platform === undefined ? descriptor.digest : platformName(descriptor.platform)
}
