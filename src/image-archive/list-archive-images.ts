import { ActionError, problem } from '../runner/errors.js'
import type { Descriptor } from '../oci/manifest.js'
import { digestOfBlobName } from './oci/blob.js'
import { findDockerEntries } from './docker/docker-archive.js'
import type { DockerEntry } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { noImageProblem } from './no-image-problem.js'
import { listLeaves } from './oci/oci-graph.js'
import type { LoadGraph } from './oci/oci-graph.js'
import { findOciLayout } from './oci/oci-layout.js'
import type { OciEntry } from './oci/oci-layout.js'
import { parseReference } from '../oci/reference.js'

/** An image of an archive, listed in `manifest.json`, in `index.json` or in both. */
export interface ArchiveImage {
  readonly docker: DockerEntry | undefined
  readonly oci: OciEntry | undefined
  /** The references in the archive, each in one spelling. */
  readonly references: readonly string[]
  readonly tags: readonly string[]
}

/** The images of an archive in its order, and their referrers. */
export interface ArchiveImages {
  readonly images: readonly ArchiveImage[]
  readonly referrers: readonly Descriptor[]
}

/**
 * Lists the images of an archive. Docker 25 and later and containerd list each image in `index.json` and in
 * `manifest.json`. Images without a name can be missing from `index.json`.
 *
 * @throws ActionError if the archive does not contain an image
 */
export async function listArchiveImages(tree: FileTree, load: LoadGraph): Promise<ArchiveImages> {
  const docker = await findDockerEntries(tree)
  const layout = await findOciLayout(tree)
  if (docker === undefined && layout === undefined) throw await noImageProblem(tree)
  const oci = layout?.entries ?? []
  if (docker === undefined && oci.length === 0) {
    throw problem({
      what: 'The file index.json of the archive does not list any images',
      value: tree.path
    })
  }
  const remaining = new Set(docker)
  const images: ArchiveImage[] = []
  for (const entry of oci) {
    const same = await listSameEntries(entry, [...remaining], oci.length === 1, load)
    for (const each of same) remaining.delete(each)
    images.push(archiveImage(same[0], entry, same))
  }
  for (const entry of remaining) images.push(archiveImage(entry, undefined, [entry]))
  return { images, referrers: layout?.referrers ?? [] }
}

function archiveImage(
  docker: DockerEntry | undefined,
  oci: OciEntry | undefined,
  entries: readonly DockerEntry[]
): ArchiveImage {
  const named = entries.flatMap((entry) => entry.references).filter((name) => !isNone(name))
  const tags = named.flatMap((name) => parseReference(name)?.tag ?? [])
  return {
    docker,
    oci,
    references: distinctReferences([...named, ...(oci?.references ?? [])]),
    tags: [...new Set([...tags, ...(oci?.tags ?? [])])]
  }
}

/** Lists the entries of `manifest.json` that are the same image: those with its config, or the only one. */
async function listSameEntries(
  entry: OciEntry,
  docker: readonly DockerEntry[],
  isOnlyOne: boolean,
  load: LoadGraph
): Promise<readonly DockerEntry[]> {
  if (docker.length === 0) return []
  const configs = await listConfigDigests(entry, load)
  const same = docker.filter((each) => configs.has(digestOfBlobName(each.config) ?? ''))
  if (same.length > 0 || !isOnlyOne || docker.length > 1) return same
  const names = new Set(entry.references.map(completeReference))
  const isUnnamed = docker.every((each) => each.references.length === 0)
  return docker.filter(
    (each) =>
      isUnnamed ||
      names.size === 0 ||
      each.references.some((name) => names.has(completeReference(name)))
  )
}

/** Lists the config digests of an image. The error of a damaged image is reported later, when the image is loaded. */
async function listConfigDigests(entry: OciEntry, load: LoadGraph): Promise<Set<string>> {
  try {
    const leaves = listLeaves(await load(entry.descriptor, entry.bytes))
    return new Set(
      leaves.flatMap((leaf) => (leaf.kind === 'manifest' ? leaf.manifest.config.digest : []))
    )
  } catch (error) {
    if (error instanceof ActionError) return new Set()
    throw error
  }
}

/** Returns `true` for the placeholder that Docker writes for an image without a name. */
function isNone(reference: string): boolean {
  return reference.includes('<none>')
}

/** Removes duplicates. Of `app:1` and `docker.io/library/app:1`, the first one is kept. */
function distinctReferences(references: readonly string[]): string[] {
  const distinct = new Map<string, string>()
  for (const reference of references) {
    const complete = completeReference(reference)
    if (!distinct.has(complete)) distinct.set(complete, reference)
  }
  return [...distinct.values()]
}

function completeReference(reference: string): string {
  const parsed = parseReference(reference)
  return parsed === undefined ? reference : `${parsed.repository}:${parsed.tag ?? ''}`
}
