import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { isSha256Digest, sha256Digest } from '../oci/digest.js'
import type { ArchiveImage } from './list-archive-images.js'
import { readConfig } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { findNode, listLeaves } from './oci/oci-graph.js'
import type { Loaded, LoadGraph } from './oci/oci-graph.js'
import { platformName } from '../oci/manifest.js'
import { completeReference, parseReference } from '../oci/reference.js'
import type { Reference } from '../oci/reference.js'

/** The maximum number of images that an error lists. */
const MAX_LISTED_IMAGES = 20

/** The image of an archive that is pushed. */
export interface ChosenImage {
  readonly image: ArchiveImage
  /** The platform image, if it was chosen by its own digest. */
  readonly platformImage?: Loaded | undefined
}

/**
 * Returns the only image of an archive (platform images of another image do not count), or the one that the input
 * `archive-image` names: by its reference (complete or in the short form of Docker), by its position (`#0` is the first),
 * or by the digest of its manifest, of its config (the image ID) or of one of its platform images. A config digest that
 * several images have is rejected. In a reference with a digest, the digest chooses among the images with that name.
 *
 * @throws ActionError with a list of the images, unless exactly one image matches
 */
export async function chooseImage(
  images: readonly ArchiveImage[],
  archiveImage: string | undefined,
  tree: FileTree,
  load: LoadGraph
): Promise<ChosenImage> {
  if (archiveImage === undefined) {
    const [only, second] = images.filter((image) => image.isPlatformImage !== true)
    if (only !== undefined && second === undefined) return { image: only }
    throw choiceProblem(`The archive contains ${images.length} images`, tree.path, images)
  }
  const [chosen, another] = await listChoices(images, archiveImage, tree, load)
  if (another !== undefined) throw severalProblem(archiveImage, images, tree)
  if (chosen !== undefined) return chosen
  const what = `Input "archive-image" does not match any image of ${tree.path}`
  throw choiceProblem(what, archiveImage, images)
}

/** Lists the images that match. The most specific interpretation with a match applies. */
async function listChoices(
  images: readonly ArchiveImage[],
  archiveImage: string,
  tree: FileTree,
  load: LoadGraph
): Promise<readonly ChosenImage[]> {
  if (isSha256Digest(archiveImage)) {
    const chosen = await listByDigest(images, archiveImage, tree, load)
    if (chosen.length > 0) return chosen
  }
  const position = /^#([0-9]{1,6})$/.exec(archiveImage)?.[1]
  if (position !== undefined) {
    return images.slice(Number(position), Number(position) + 1).map((image) => ({ image }))
  }
  const exact = images.filter((image) => image.references.includes(archiveImage))
  if (exact.length > 0) return exact.map((image) => ({ image }))
  const reference = parseReference(archiveImage)
  if (reference === undefined) return []
  if (reference.digest !== undefined) {
    const named = images.filter((image) => hasReference(image, reference))
    return listByDigest(named, reference.digest, tree, load)
  }
  return listNamed(images, reference).map((image) => ({ image }))
}

/** Lists the images with a name. Without a tag, it means the tag `latest` if an image has it, as in Docker. */
function listNamed(images: readonly ArchiveImage[], reference: Reference): readonly ArchiveImage[] {
  const withTag = { ...reference, tag: reference.tag ?? 'latest' }
  const tagged = images.filter((image) => hasReference(image, withTag))
  if (tagged.length > 0 || reference.tag !== undefined) return tagged
  return images.filter((image) => hasReference(image, reference))
}

function hasReference(image: ArchiveImage, wanted: Reference): boolean {
  const repositories = [
    wanted.repository,
    // podman names locally built images localhost/….
    wanted.repository.replace(/^docker\.io\/(?:library\/)?/, 'localhost/')
  ]
  return image.references.some((name) => {
    const reference = parseReference(name)
    if (reference === undefined) return false
    const isSameTag = wanted.tag === undefined || (reference.tag ?? 'latest') === wanted.tag
    return isSameTag && repositories.includes(reference.repository)
  })
}

/**
 * Lists the images with this digest: of the manifest or index, else of a platform image, else of a config. The same
 * manifest in several images is one choice. It gets no tags from the archive, because each image has its own.
 */
async function listByDigest(
  images: readonly ArchiveImage[],
  digest: string,
  tree: FileTree,
  load: LoadGraph
): Promise<ChosenImage[]> {
  const image = images.find(({ oci }) => oci?.descriptor.digest === digest)
  if (image !== undefined) return [{ image }]
  const byManifest = new Map<string, ChosenImage>()
  const byConfig = new Map<string, ChosenImage>()
  const add = (choices: Map<string, ChosenImage>, key: string, choice: ChosenImage): void => {
    const isShared = choices.has(key)
    choices.set(key, isShared ? { ...choice, image: { ...choice.image, tags: [] } } : choice)
  }
  for (const [at, each] of images.entries()) {
    const { oci, docker } = each
    if (oci === undefined) {
      const config = docker === undefined ? undefined : sha256Digest(await readConfig(tree, docker))
      if (config === digest) add(byConfig, `#${at}`, { image: each })
      continue
    }
    const loaded = await load(oci.descriptor, oci.bytes)
    const platformImage = findNode(loaded, digest)
    if (platformImage !== undefined) add(byManifest, digest, { image: each, platformImage })
    for (const leaf of listLeaves(loaded)) {
      if (leaf.kind !== 'manifest' || leaf.manifest.config.digest !== digest) continue
      const isWhole = leaf.descriptor.digest === oci.descriptor.digest
      const choice = isWhole ? { image: each } : { image: each, platformImage: leaf }
      add(byConfig, leaf.descriptor.digest, choice)
    }
  }
  return [...(byManifest.size > 0 ? byManifest : byConfig).values()]
}

function severalProblem(
  archiveImage: string,
  images: readonly ArchiveImage[],
  tree: FileTree
): ActionError {
  const what = `Input "archive-image" matches several images of ${tree.path}`
  return choiceProblem(what, archiveImage, images)
}

function choiceProblem(
  what: string,
  value: string | undefined,
  images: readonly ArchiveImage[]
): ActionError {
  const shared = findSharedNames(images)
  const needsDigest = ({ references }: ArchiveImage): boolean =>
    value?.includes('@') === true || references.some((name) => shared.has(completeReference(name)))
  const names = images
    .slice(0, MAX_LISTED_IMAGES)
    .map((image, at) => `#${at} ${nameOf(image, needsDigest(image))}`)
    .join(', ')
  const more = images.length - MAX_LISTED_IMAGES
  return problem({
    what,
    value,
    reason: `The archive contains ${names}${more > 0 ? `, and ${more} more` : ''}.`,
    fix: shared.size === 0 ? 'Set the input "archive-image" to one of them.' : SHARED_NAME_FIX
  })
}

/**
 * The OCI image layout does not define what several manifests with one name are
 * (https://github.com/opencontainers/image-spec/issues/581). skopeo and regclient read the first one, and containerd and ORAS the
 * last one. `crane pull` adds a manifest for each pull, of another platform or of another version.
 */
const SHARED_NAME_FIX =
  'Several manifests have the same name, so set the input "archive-image" to the number or the digest of one of them. To push them as one image for several platforms, save them as an index, or save each platform in an archive of its own and list these archives in the input "tar".'

/** Returns the names that several images have. */
function findSharedNames(images: readonly ArchiveImage[]): ReadonlySet<string> {
  const names = images.flatMap(({ references }) => references.map(completeReference))
  return new Set(names.filter((name, at) => names.indexOf(name) !== at))
}

function nameOf({ references, oci, docker }: ArchiveImage, withDigest: boolean): string {
  const digest = oci?.descriptor.digest ?? docker?.config ?? ''
  if (references.length === 0) return `without a name (${digest})`
  const names = references.join(' or ')
  if (!withDigest) return names
  const platform = oci?.descriptor.platform
  return `${names} (${platform === undefined ? '' : `${platformName(platform)}, `}${digest})`
}
