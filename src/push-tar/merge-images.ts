import type {
  ArchiveContents,
  DockerImage,
  LayerFile,
  ReferrerTag,
  StoredIndex,
  StoredManifest
} from '../image-archive/contents.js'
import { groupBy } from '../image-archive/group-by.js'
import { listDigests } from '../image-archive/list-digests.js'
import { isArtifactOfImage, parseManifest, platformName } from '../oci/manifest.js'
import { platformKey } from '../oci/platform.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'
import { problem } from '../runner/errors.js'
import { distinctByPlatform, listIndexChildren } from './list-index-children.js'
import type { ImageToPush, IndexChild } from './push-plan.js'

/** The chosen image of an archive. */
export interface ArchiveToMerge extends Omit<ArchiveContents, 'close'> {
  /** The path of the archive, for errors. */
  readonly path: string
}

/** The image of several archives. */
export interface MergedImage
  extends ImageToPush, Pick<ArchiveContents, 'tags' | 'otherNames' | 'warnings'> {}

type Stored = StoredManifest | StoredIndex

/**
 * Merges the images of several archives into one index, in the order of the archives. A manifest that several archives
 * have is listed once per platform. If all archives have the same image, this image is returned.
 *
 * @throws ActionError if two archives have different images for one platform or different referrers with one tag, or if an
 * image does not have a platform
 */
export function mergeImages(archives: readonly ArchiveToMerge[]): MergedImage {
  const [first] = archives
  if (first === undefined) throw new Error('The list of archives is empty.')
  const names = {
    tags: distinct(archives.flatMap(({ tags }) => tags)),
    otherNames: distinct(archives.flatMap(({ otherNames }) => otherNames))
  }
  const warnings = archives.flatMap((archive) =>
    archive.warnings.map((warning) =>
      archives.length === 1 ? warning : `${archive.path}: ${warning}`
    )
  )
  if (new Set(archives.map(({ root }) => identityOf(root))).size === 1) {
    return {
      ...selectReferrers(archives, digestsOf(first.root)),
      root: first.root,
      ...names,
      warnings
    }
  }
  const children = shareLayers(listDistinctChildren(archives))
  const digests = children.flatMap(({ image }) => digestsOf(image))
  const selected = selectReferrers(archives, digests)
  const leftOut = new Set(archives.flatMap(({ referrers = [] }) => referrers.map(digestOf)))
  for (const referrer of selected.referrers) leftOut.delete(referrer.digest)
  if (leftOut.size > 0) warnings.push(leftOutWarning(leftOut.size))
  return { ...selected, root: { kind: 'merged-index', children }, ...names, warnings }
}

/** A manifest of an archive. */
interface ArchiveChild extends IndexChild {
  readonly path: string
}

function listDistinctChildren(archives: readonly ArchiveToMerge[]): ArchiveChild[] {
  const children = archives.flatMap(childrenOf)
  checkPlatforms(children)
  return distinctByPlatform(children, ({ image }) => identityOf(image))
}

/** @throws ActionError if two archives have different images for one platform, in any order of the archives */
function checkPlatforms(children: readonly ArchiveChild[]): void {
  const images = children.filter((child) => !isArtifactOfImage(child))
  const groups = groupBy(images, ({ platform }) => platform && platformKey(platform))
  groups.delete(undefined)
  for (const group of groups.values()) {
    for (const child of group) {
      const other = group.find(
        ({ path, image }) => path !== child.path && identityOf(image) !== identityOf(child.image)
      )
      if (other !== undefined) throw conflict(child, other)
    }
  }
}

function childrenOf({ root, path }: ArchiveToMerge): ArchiveChild[] {
  if (root.kind === 'stored-index')
    return listIndexChildren(root).map((child) => ({ ...child, path }))
  const { platform } = root
  if (platform !== undefined && platform.os !== '' && platform.architecture !== '') {
    return [{ image: root, platform, path }]
  }
  throw problem({
    what: 'The image of an archive does not have a platform',
    value: path,
    reason: 'Several archives are pushed as one image for several platforms.',
    fix: 'Build the image with "os" and "architecture" in its config, or push the archive in a step of its own.'
  })
}

/** Images of docker-archives are the same if their configs and annotations are, because the push creates the rest. */
function identityOf(image: DockerImage | Stored): string {
  if (image.kind !== 'docker-image') return image.digest
  return `${image.config.digest} ${JSON.stringify(image.annotations ?? {})}`
}

/**
 * Replaces layers that an earlier image has as well, so that they are compressed and uploaded once. A plan identifies a
 * layer without a known digest by its object.
 */
function shareLayers(children: readonly ArchiveChild[]): IndexChild[] {
  const layers = new Map<string, LayerFile>()
  return children.map(({ image, platform, annotations, artifactType }) => {
    const child = { image, platform, annotations, artifactType }
    if (image.kind !== 'docker-image') return child
    const shared = image.layers.map((layer) => {
      if (layer.kind !== 'layer-file') return layer
      const known = layers.get(layer.diffId) ?? layer
      layers.set(layer.diffId, known)
      return known
    })
    return { ...child, image: { ...image, layers: shared } }
  })
}

interface SelectedReferrers {
  readonly referrers: readonly Stored[]
  readonly referrerTags: readonly ReferrerTag[]
}

/** Selects the referrers of these images, and the referrers of these referrers. */
function selectReferrers(
  archives: readonly ArchiveToMerge[],
  images: readonly string[]
): SelectedReferrers {
  const listed = new Map(
    archives.flatMap(({ referrers = [] }) => referrers.map((each) => [each.digest, each]))
  )
  const pushed = new Set(images)
  const tags = listReferrerTags(archives, pushed)
  const selected = new Set([...tags.values()].map(digestOf))
  for (let size = -1; size !== selected.size;) {
    size = selected.size
    for (const referrer of listed.values()) {
      const subject = subjectOf(referrer)
      if (subject !== undefined && (pushed.has(subject) || selected.has(subject))) {
        selected.add(referrer.digest)
      }
    }
  }
  const referrers = [...listed.values()].filter(({ digest }) => selected.has(digest))
  const referrerTags = [...tags.values()].map(({ tag, digest }) => ({ tag, digest }))
  return { referrers, referrerTags }
}

/** Lists the referrer tags of these images, each once. */
function listReferrerTags(
  archives: readonly ArchiveToMerge[],
  images: ReadonlySet<string>
): ReadonlyMap<string, ReferrerTag> {
  const tags = new Map<string, ReferrerTag & { readonly path: string }>()
  for (const { path, referrerTags = [] } of archives) {
    for (const { tag, digest } of referrerTags) {
      if (!images.has(findReferrerTagSubject(tag) ?? '')) continue
      const other = tags.get(tag) ?? { tag, digest, path }
      if (other.digest !== digest) throw referrerConflict(tag, other.path, path)
      tags.set(tag, other)
    }
  }
  return tags
}

function subjectOf({ bytes, digest, mediaType }: Stored): string | undefined {
  return parseManifest(bytes, digest, mediaType).subject?.digest
}

function digestsOf(image: DockerImage | Stored): string[] {
  return image.kind === 'docker-image' ? [] : listDigests(image)
}

function digestOf({ digest }: { readonly digest: string }): string {
  return digest
}

function distinct(items: readonly string[]): string[] {
  return [...new Set(items)]
}

function conflict(one: ArchiveChild, other: ArchiveChild): Error {
  const name = one.platform === undefined ? '' : platformName(one.platform)
  return problem({
    what: 'Two archives have different images for the same platform',
    value: name,
    reason: nameArchives(one.path, other.path),
    fix: 'Remove one of them from the input "tar", or build the images for different platforms.'
  })
}

function referrerConflict(tag: string, path: string, otherPath: string): Error {
  return problem({
    what: 'The archives have different referrers (such as signatures) with the same tag',
    value: tag,
    reason: nameArchives(path, otherPath),
    fix: 'Remove one of the two referrers, or push the image without one of the archives.'
  })
}

function nameArchives(path: string, otherPath: string): string {
  return path === otherPath
    ? `The archive is ${path}.`
    : `The archives are ${path} and ${otherPath}.`
}

function leftOutWarning(count: number): string {
  return `${count} referrers (such as signatures) of the archives are not pushed, because they refer to an index of one archive. The index of all archives has another digest.`
}
