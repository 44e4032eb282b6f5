import { distinctBy } from './distinct-by.js'
import { findDockerEntries } from './docker/docker-archive.js'
import type { DockerEntry } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { noImageProblem } from './no-image-problem.js'
import { noManifestProblem } from './oci/no-manifest-problem.js'
import type { LoadGraph } from './oci/oci-graph.js'
import { findOciLayout } from './oci/oci-layout.js'
import type { OciEntry, OciLayout } from './oci/oci-layout.js'
import { pairEntries } from './pair-entries.js'
import { describePlaceholder } from '../oci/describe-placeholder.js'
import { completeReference, isTag, parseReference } from '../oci/reference.js'

/** An image of an archive, listed in `manifest.json`, in `index.json` or in both. */
export interface ArchiveImage {
  readonly docker: DockerEntry | undefined
  readonly oci: OciEntry | undefined
  /** The references in the archive, each in one spelling. */
  readonly references: readonly string[]
  readonly tags: readonly string[]
  /** The names in the archive that do not contain a tag. */
  readonly otherNames: readonly string[]
  /** `true` for a platform image of another image in the archive. */
  readonly isPlatformImage?: boolean
}

/** The images of an archive in its order, their referrers, and the media types of content that is not supported. */
export interface ArchiveImages extends Pick<
  OciLayout,
  'referrers' | 'taggedReferrers' | 'otherTypes'
> {
  readonly images: readonly ArchiveImage[]
}

/**
 * Lists the images of an archive. Docker 25 and later and containerd list each image in `index.json` and in
 * `manifest.json`. Images without a name can be missing from `index.json`.
 *
 * @throws ActionError if the archive does not contain an image
 */
export async function listArchiveImages(tree: FileTree, load: LoadGraph): Promise<ArchiveImages> {
  const docker = await findDockerEntries(tree)
  const layout = await findOciLayout(tree, load)
  if (docker === undefined && layout === undefined) throw await noImageProblem(tree)
  const { entries: oci = [], referrers = [], taggedReferrers = [], otherTypes = [] } = layout ?? {}
  if (docker === undefined && oci.length === 0) throw noManifestProblem(tree.path, otherTypes)
  const pairs = await pairEntries(docker ?? [], oci, tree.path, load)
  const images = oci.map((entry) => archiveImage(pairs.byOci.get(entry), entry))
  for (const each of pairs.platformImages) {
    images.push({ ...archiveImage([each.docker], each.oci), isPlatformImage: true })
  }
  for (const entry of pairs.unpaired) images.push(archiveImage([entry], undefined))
  return { images, referrers, taggedReferrers, otherTypes }
}

function archiveImage(
  entries: readonly DockerEntry[] = [],
  oci: OciEntry | undefined
): ArchiveImage {
  const named = entries.flatMap((entry) => entry.references)
  // Of `app:1` and `docker.io/library/app:1`, the first one is kept.
  const references = distinctBy([...named, ...(oci?.references ?? [])], completeReference)
  // `app` in `manifest.json` is a name without a tag, and in `index.json` it is a tag.
  const found = references.map((name) => ({ name, tag: findTag(name, !named.includes(name)) }))
  return {
    docker: entries[0],
    oci,
    references,
    tags: [...new Set(found.flatMap(({ tag }) => tag ?? []))],
    otherNames: found.flatMap(({ name, tag }) => (tag === undefined ? name : []))
  }
}

/** Returns the tag in a reference, or the reference itself if it can be a tag (`canBeTag`). A placeholder does not have a tag. */
function findTag(reference: string, canBeTag: boolean): string | undefined {
  if (describePlaceholder(reference) !== undefined) return undefined
  return canBeTag && isTag(reference) ? reference : parseReference(reference)?.tag
}
