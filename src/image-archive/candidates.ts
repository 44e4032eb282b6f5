import { ActionError, problem } from '../runner/errors.js'
import type { Descriptor } from '../oci/manifest.js'
import { digestOfBlobName } from './oci/blob.js'
import { findDockerEntries } from './docker/docker-archive.js'
import type { DockerEntry } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { explainNoImage } from './no-image.js'
import { listLeaves } from './oci/oci-graph.js'
import type { LoadGraph } from './oci/oci-graph.js'
import { findOciLayout } from './oci/oci-layout.js'
import type { OciEntry } from './oci/oci-layout.js'
import { parseReference } from '../oci/reference.js'

/** An image that an archive holds, as `manifest.json` lists it, as `index.json` does, or both. */
export interface Candidate {
  readonly docker: DockerEntry | undefined
  readonly oci: OciEntry | undefined
  /** What the archive calls it. */
  readonly references: readonly string[]
  readonly tags: readonly string[]
}

/** The images of an archive, in its order, and what refers to them. */
export interface Candidates {
  readonly images: readonly Candidate[]
  readonly companions: readonly Descriptor[]
}

/**
 * Lists the images of an archive. Docker ≥ 25 and containerd list the same images twice, for old and for new
 * readers; `manifest.json` alone has those without a name that are not in `index.json`.
 *
 * @throws ActionError where the archive holds none, saying what it looks like instead
 */
export async function listCandidates(tree: FileTree, load: LoadGraph): Promise<Candidates> {
  const docker = await findDockerEntries(tree)
  const layout = await findOciLayout(tree)
  if (docker === undefined && layout === undefined) throw await explainNoImage(tree)
  const oci = layout?.entries ?? []
  if (docker === undefined && oci.length === 0) {
    throw problem({ what: `${tree.path}, index.json lists no images`, expected: 'at least one' })
  }
  const left = new Set(docker)
  const images: Candidate[] = []
  for (const entry of oci) {
    const same = await listSame(entry, [...left], oci.length === 1, load)
    for (const each of same) left.delete(each)
    images.push(candidate(same[0], entry, same))
  }
  for (const entry of left) images.push(candidate(entry, undefined, [entry]))
  return { images, companions: layout?.companions ?? [] }
}

function candidate(
  docker: DockerEntry | undefined,
  oci: OciEntry | undefined,
  entries: readonly DockerEntry[]
): Candidate {
  const named = entries.flatMap((entry) => entry.references).filter((name) => !isNone(name))
  const tags = named.flatMap((name) => parseReference(name)?.tag ?? [])
  return {
    docker,
    oci,
    references: distinctReferences([...named, ...(oci?.references ?? [])]),
    tags: [...new Set([...tags, ...(oci?.tags ?? [])])]
  }
}

/** What `manifest.json` lists of an image of `index.json`: the same config, or the only one on both sides. */
async function listSame(
  entry: OciEntry,
  docker: readonly DockerEntry[],
  isOnlyOne: boolean,
  load: LoadGraph
): Promise<readonly DockerEntry[]> {
  if (docker.length === 0) return []
  const configs = await listConfigs(entry, load)
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

/** The configs below an entry; none where it cannot be read, which loading it will say. */
async function listConfigs(entry: OciEntry, load: LoadGraph): Promise<Set<string>> {
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

/** `true` for what Docker wrote where an image had lost its name. */
function isNone(reference: string): boolean {
  return reference.includes('<none>')
}

/** One reference in one spelling; of `app:1` and `docker.io/library/app:1` the first is kept. */
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
