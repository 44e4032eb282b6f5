import type { RepositoryAddress } from '../ecr-public/listings.js'
import { isIndexMediaType } from '../oci/media-types.js'
import type { RegistryRepository } from '../registry-client/open-repository.js'
import { readImageGraph } from '../registry-client/read-image-graph.js'
import type { EcrPublicApi } from '../runner/deps.js'
import type { Evaluator } from './create-evaluator.js'
import type { ExpectedImage } from './deletion/deletion-run.js'
import { limitMemory } from '../runner/limit-memory.js'
import { listAllImages } from './list-inventory.js'
import type { TagListing } from './list-inventory.js'
import { createInventory } from './rules/inventory.js'
import type { Inventory } from './rules/inventory.js'
import { planRetention } from './rules/plan-retention.js'
import type { RetentionPlan } from './rules/plan-retention.js'
import { ReferenceAnalysis } from './rules/reference-analysis.js'
import type { ReadLimits } from './rules/reference-analysis.js'
import type { StepFacts } from './rules/step-facts.js'

/** The plan for one repository. */
export interface CleanupPlan extends RetentionPlan {
  readonly repository: RepositoryAddress
  readonly imageCount: number
  /** The sizes of all images in bytes, without indexes. An index counts if its images were not listed. */
  readonly imageBytes: number
  /** The images as listed, by digest. */
  readonly images: ReadonlyMap<string, ExpectedImage>
  /** Digests of indexes that could not be read. No image of the repository is deleted then. */
  readonly unreadableIndexes: readonly string[]
  /** Digests of artifacts that could not be read. No untagged image of the repository is deleted then. */
  readonly unreadableArtifacts: readonly string[]
  /** Number of images and indexes that a dry run assumes not to have a subject, as there are too many to read. */
  readonly uncheckedCount: number
}

/** An inventory with what was listed. */
export interface ListedInventory extends Inventory {
  /** `false` if only the tagged images were listed. */
  readonly areAllListed: boolean
}

/** Returns whether the rules select something in a repository, without regard to other repositories. */
export function selectsSomething(
  { tags, images }: TagListing,
  { deletesTags, includesUntagged }: Evaluator,
  facts: Pick<StepFacts, 'now' | 'pullRequests'>
): boolean {
  if (includesUntagged) return true
  const own: StepFacts = { ...facts, findHolder: () => undefined, unlisted: [] }
  return deletesTags(createInventory(tags, images, undefined), own)
}

/**
 * Combines the listed tags of a repository with its images.
 *
 * @param listsImages `false` if nothing is deleted in any repository of the step. Only the tagged images are needed then.
 * Otherwise, an untagged image can be the subject of an image to delete in another repository
 */
export async function listInventory(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  tagged: TagListing,
  listsImages: boolean
): Promise<ListedInventory> {
  // Images are listed after the tags, so that an index pushed in between is in the listing.
  const images = listsImages ? await listAllImages(api, repository, tagged) : undefined
  return { ...createInventory(tagged.tags, tagged.images, images), areAllListed: listsImages }
}

/**
 * Evaluates the rules for a repository, analyzes the references between its images, and plans the deletions. Manifests are
 * read only if the rules select something.
 *
 * @param openRepository opens the registry to read manifests; called only if that is necessary
 */
export async function planCleanup(
  repository: RepositoryAddress,
  inventory: ListedInventory,
  openRepository: () => Promise<RegistryRepository>,
  { evaluate, includesUntagged }: Evaluator,
  facts: StepFacts,
  limits: ReadLimits
): Promise<CleanupPlan> {
  const decisions = evaluate(inventory, facts)
  const analysis = new ReferenceAnalysis(inventory, decisions, facts, limits)
  if (analysis.ask() !== undefined) await readImageGraph(analysis, await openRepository())
  await limitMemory()
  const plan = planRetention(inventory, decisions, analysis, includesUntagged)
  return {
    ...plan,
    repository,
    imageCount: inventory.images.size,
    imageBytes: sumSizes(inventory),
    images: inventory.images,
    unreadableIndexes: analysis.unreadable,
    unreadableArtifacts: analysis.unreadableArtifacts,
    uncheckedCount: analysis.uncheckedCount
  }
}

function sumSizes({ images, areAllListed }: ListedInventory): number {
  let bytes = 0
  for (const { mediaType, sizeBytes } of images.values()) {
    if (!areAllListed || !isIndexMediaType(mediaType ?? '')) bytes += sizeBytes
  }
  return bytes
}
