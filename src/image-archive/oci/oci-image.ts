import { problem } from '../../runner/errors.js'
import { parseConfig } from '../../oci/config.js'
import { platformName } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import { compressionOfLayer } from '../../oci/media-types.js'
import type { DockerImage, LayerFile, StoredIndex, StoredManifest } from '../contents.js'
import { dockerImage, layerFile } from '../docker/docker-archive.js'
import type { FileTree } from '../file-tree.js'
import { isImageManifest, readImageConfig } from './manifest-blobs.js'
import { isComplete, listLeaves } from './oci-graph.js'
import type { Absent, Loaded, LoadedManifest } from './oci-graph.js'

/** What of an OCI layout is pushed, with what a person should know of it. */
export interface OciChoice {
  readonly loaded: Loaded
  readonly warnings: readonly string[]
}

/**
 * What can be pushed of an image: all of it where it is complete; the one platform that is complete where
 * others are missing, as in the archive of an image that was pulled for one platform only.
 *
 * @throws ActionError where nothing is complete, or where several platforms are, so that any choice would be a guess
 */
export function choosePlatforms(loaded: Loaded, tree: FileTree): OciChoice {
  if (isComplete(loaded)) return { loaded, warnings: [] }
  const leaves = listLeaves(loaded)
  const platforms = leaves.filter((leaf) => !isAttestation(leaf.descriptor))
  const complete = platforms.filter(isComplete)
  const missing = leaves.filter((leaf) => !isComplete(leaf))
  const [only] = complete
  if (loaded.kind !== 'index' || only === undefined) throw isIncomplete(missing, tree)
  if (complete.length > 1) throw isPartial(complete, missing, tree)
  const names = missing.map((leaf) => nameOf(leaf.descriptor)).join(', ')
  return {
    loaded: only,
    warnings: [
      `The archive holds only ${nameOf(only.descriptor)} of this image, which is pushed alone; not in the archive: ${names}`
    ]
  }
}

/** A complete image as it is stored. */
export function storedImage(loaded: Loaded): StoredManifest | StoredIndex {
  if (loaded.kind === 'absent') throw new Error(`${loaded.descriptor.digest} is not complete`)
  const { bytes, descriptor } = loaded
  if (loaded.kind === 'index') {
    const children = new Map(
      loaded.children.map((child) => [child.descriptor.digest, storedImage(child)])
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

/** `true` for an image with layers that are stored uncompressed, as Docker ≥ 25 writes them with its classic store. */
export function hasPlainLayers(loaded: Loaded): boolean {
  return listLeaves(loaded).some(
    (leaf) =>
      leaf.kind === 'manifest' &&
      isImageManifest(leaf.manifest) &&
      leaf.manifest.layers.some((layer) => compressionOfLayer(layer.mediaType) === 'none')
  )
}

/**
 * A complete image with plain layers as one whose layers are compressed on their way. `undefined` for what
 * would lose something that way: referrers, artifacts, foreign layers, layers with annotations.
 */
export async function findPlainImage(loaded: LoadedManifest): Promise<DockerImage | undefined> {
  const { manifest } = loaded
  if (!isImageManifest(manifest) || manifest.subject !== undefined) return undefined
  const contents = new Map(loaded.blobs.map((blob) => [blob.descriptor.digest, blob.content]))
  const configContent = contents.get(manifest.config.digest)
  if (configContent === undefined) return undefined
  const { bytes } = await readImageConfig(configContent, manifest)
  const config = parseConfig(bytes, configContent.name)
  const layers = new Map<string, LayerFile>()
  for (const [at, descriptor] of manifest.layers.entries()) {
    const content = contents.get(descriptor.digest)
    const diffId = config.diffIds[at]
    if (content === undefined || diffId === undefined) return undefined
    if (descriptor.annotations !== undefined) return undefined
    checkPlainDigest(descriptor, diffId, content.name)
    if (!layers.has(diffId)) layers.set(diffId, await layerFile(content, diffId))
  }
  return { ...dockerImage(bytes, config, layers), annotations: manifest.annotations }
}

/** BuildKit marks attestations by an annotation and by a platform that none can be. */
function isAttestation(descriptor: Descriptor): boolean {
  return (
    descriptor.annotations?.['vnd.docker.reference.type'] !== undefined ||
    descriptor.platform?.os === 'unknown'
  )
}

function checkPlainDigest(descriptor: Descriptor, diffId: string, name: string): void {
  const isPlain = compressionOfLayer(descriptor.mediaType) === 'none'
  if (!isPlain || descriptor.digest === diffId) return
  throw problem({
    what: `${name} is an uncompressed layer whose digest is not the one in the config`,
    value: descriptor.digest,
    expected: diffId
  })
}

function isIncomplete(missing: readonly (LoadedManifest | Absent)[], tree: FileTree): Error {
  const [first] = missing
  const [blob] = first?.kind === 'manifest' ? first.missing : [first?.descriptor]
  return problem({
    what: `${tree.path} does not hold all of the image; missing, among others`,
    value: blob === undefined ? 'its manifests' : blob.digest,
    fix: tree.hint === '' ? 'write or download the archive again' : tree.hint
  })
}

function isPartial(
  complete: readonly (LoadedManifest | Absent)[],
  missing: readonly (LoadedManifest | Absent)[],
  tree: FileTree
): Error {
  const list = (leaves: typeof complete): string =>
    leaves.map((leaf) => nameOf(leaf.descriptor)).join(', ')
  const digests = complete
    .map((leaf) => `${leaf.descriptor.digest} (${nameOf(leaf.descriptor)})`)
    .join(' or ')
  return problem({
    what: `${tree.path} holds several platforms of the image (${list(complete)}), but not all: ${list(missing)} is missing`,
    fix: `save the image with all its platforms, or push one of them: archive-image: ${digests}`
  })
}

function nameOf(descriptor: Descriptor): string {
  if (isAttestation(descriptor)) return 'an attestation'
  return descriptor.platform === undefined ? descriptor.digest : platformName(descriptor.platform)
}
