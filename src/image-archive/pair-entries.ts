import { ActionError, problem } from '../runner/errors.js'
import { completeReference, isTag } from '../oci/reference.js'
import type { DockerEntry } from './docker/docker-archive.js'
import { digestOfConfigName } from './oci/blob.js'
import { isComplete, listLeaves } from './oci/oci-graph.js'
import type { LoadedManifest, LoadGraph } from './oci/oci-graph.js'
import type { OciEntry } from './oci/oci-layout.js'

/** The entries of `manifest.json` that are images of `index.json`, and the others. */
export interface EntryPairs {
  readonly byOci: ReadonlyMap<OciEntry, readonly DockerEntry[]>
  readonly platformImages: readonly PlatformImage[]
  readonly unpaired: readonly DockerEntry[]
}

/** A platform image of an index, which `manifest.json` lists by a name of its own. */
export interface PlatformImage {
  readonly docker: DockerEntry
  readonly oci: OciEntry
}

/** An image of `index.json` with the digests of its configs. */
interface Candidate {
  readonly entry: OciEntry
  readonly configs: ReadonlySet<string>
  readonly leaves: readonly LoadedManifest[]
  /** `false` if blobs are missing, so that not all configs are known. */
  readonly isComplete: boolean
  /** The error of a damaged image, whose configs are not known. */
  readonly error?: ActionError
}

/**
 * Finds the entries of `manifest.json` and of `index.json` that are the same image. Names decide: images of different
 * names can have the same config. The config decides only for entries without a name on one of the sides.
 *
 * @throws ActionError if both files give a name to different images, or if the only image of `index.json` is damaged
 */
export async function pairEntries(
  docker: readonly DockerEntry[],
  oci: readonly OciEntry[],
  path: string,
  load: LoadGraph
): Promise<EntryPairs> {
  if (docker.length === 0) return { byOci: new Map(), platformImages: [], unpaired: [] }
  const candidates = await Promise.all(oci.map((entry) => describe(entry, load)))
  checkIsReadable(candidates)
  const byOci = new Map<OciEntry, DockerEntry[]>()
  const platformImages = findPlatformImages(docker, candidates)
  const unpaired: DockerEntry[] = []
  for (const entry of docker) {
    if (platformImages.some((each) => each.docker === entry)) continue
    const isOnlyOne = docker.length === 1 && oci.length === 1
    const owners = findOwners(entry, candidates, isOnlyOne, path)
    const others = namesOfNone(entry, candidates)
    const isShared = candidates.filter((each) => each.configs.has(configOf(entry))).length > 1
    // A name that only `manifest.json` lists belongs to the image of the entry if no other image has its config.
    const ownsOthers = owners.length === 1 && !isShared
    for (const { entry: owner } of owners) {
      const references = entry.references.filter(
        (name) => hasName(owner, name) || (ownsOthers && others.includes(name))
      )
      byOci.set(owner, [...(byOci.get(owner) ?? []), { ...entry, references }])
    }
    if (owners.length === 0) unpaired.push(entry)
    else if (!ownsOthers && others.length > 0) unpaired.push({ ...entry, references: others })
  }
  return { byOci, platformImages, unpaired }
}

/**
 * @throws ActionError if the only image of `index.json` is damaged and does not have a name. The entries of `manifest.json`
 *   can be its platform images, which would otherwise count as images of their own
 */
function checkIsReadable([candidate, another]: readonly Candidate[]): void {
  if (candidate?.error === undefined || another !== undefined) return
  if (candidate.entry.references.length === 0) throw candidate.error
}

/**
 * Returns the entries with the names of platform images, if the only image of `index.json` is their index and does not
 * have a name. apko adds the architecture to the name of each entry.
 */
function findPlatformImages(
  docker: readonly DockerEntry[],
  [candidate, another]: readonly Candidate[]
): PlatformImage[] {
  if (candidate === undefined || another !== undefined) return []
  if (candidate.entry.references.length > 0) return []
  const found = docker.flatMap((entry) => {
    const leaf = candidate.leaves.find(({ manifest }) => manifest.config.digest === configOf(entry))
    if (leaf === undefined || entry.references.length === 0) return []
    return { docker: entry, oci: { descriptor: leaf.descriptor, references: [], tags: [] } }
  })
  return new Set(found.map(({ docker: { config } }) => config)).size > 1 ? found : []
}

/** Returns the images of `index.json` that an entry of `manifest.json` describes. */
function findOwners(
  entry: DockerEntry,
  candidates: readonly Candidate[],
  isOnlyOne: boolean,
  path: string
): readonly Candidate[] {
  const named = candidates.filter((candidate) =>
    entry.references.some((name) => hasFullName(candidate.entry, name))
  )
  for (const candidate of named) checkIsSameImage(entry, candidate, path)
  const fitting = candidates.filter(({ configs }) => configs.has(configOf(entry)))
  const tagged = fitting.filter((candidate) =>
    entry.references.some((name) => hasName(candidate.entry, name))
  )
  if (named.length + tagged.length > 0) return [...new Set([...named, ...tagged])]
  // Without a name, the entry adds nothing to the images with its config.
  if (entry.references.length === 0 && fitting.length > 0) return fitting
  const unnamed = fitting.filter((candidate) => candidate.entry.references.length === 0)
  if (unnamed.length === 1) return unnamed
  const [only] = candidates
  const isUnnamed = entry.references.length === 0 || only?.entry.references.length === 0
  return isOnlyOne && isUnnamed && only?.isComplete === false ? candidates : []
}

async function describe(entry: OciEntry, load: LoadGraph): Promise<Candidate> {
  try {
    const loaded = await load(entry.descriptor, entry.bytes)
    const leaves = listLeaves(loaded).filter((leaf) => leaf.kind === 'manifest')
    const configs = new Set(leaves.map(({ manifest }) => manifest.config.digest))
    return { entry, configs, leaves, isComplete: isComplete(loaded) }
  } catch (error) {
    // The error of a damaged image is reported when the image is chosen.
    if (error instanceof ActionError)
      return { entry, configs: new Set(), leaves: [], isComplete: false, error }
    throw error
  }
}

function hasFullName({ references }: OciEntry, name: string): boolean {
  const complete = completeReference(name)
  return references.some((each) => !isTag(each) && completeReference(each) === complete)
}

/** Returns `true` for a name of the image. Some programs write only the tag of a name into `index.json`. */
function hasName(entry: OciEntry, name: string): boolean {
  const tag = name.slice(name.lastIndexOf(':') + 1)
  return hasFullName(entry, name) || entry.references.some((each) => isTag(each) && each === tag)
}

/** Returns the names that no image of `index.json` has. */
function namesOfNone(entry: DockerEntry, candidates: readonly Candidate[]): string[] {
  return entry.references.filter(
    (name) => !candidates.some((candidate) => hasName(candidate.entry, name))
  )
}

function checkIsSameImage(entry: DockerEntry, candidate: Candidate, path: string): void {
  const config = configOf(entry)
  if (!candidate.isComplete || candidate.configs.has(config)) return
  throw problem({
    what: `The archive ${path} contains different images with the same name`,
    value: candidate.entry.references.join(', '),
    reason: `The config in manifest.json is ${entry.config}, and index.json lists ${candidate.entry.descriptor.digest}.`,
    fix: 'Save the image again.'
  })
}

function configOf({ config }: DockerEntry): string {
  return digestOfConfigName(config) ?? config
}
