import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { RegistryRepository } from '../registry-client/open-repository.js'
import { readImageGraph } from '../registry-client/read-image-graph.js'
import type { EcrPublicApi } from '../runner/deps.js'
import type { Evaluator } from './create-evaluator.js'
import type { ExpectedImage } from './deletion/deletion-run.js'
import { listAllImages, listTags } from './list-inventory.js'
import { createInventory } from './rules/inventory.js'
import { planRetention } from './rules/plan-retention.js'
import type { RetentionPlan } from './rules/plan-retention.js'
import { ReferenceAnalysis } from './rules/reference-analysis.js'

/** The plan for one repository. */
export interface CleanupPlan extends RetentionPlan {
  readonly repository: RepositoryAddress
  readonly imageCount: number
  /** The images of the deletions as listed, by digest. */
  readonly expected: Map<string, ExpectedImage>
  /** Digests of indexes that could not be read. No image of the repository is deleted then. */
  readonly unreadableIndexes: readonly string[]
  /** Number of images that were assumed to be container images without a subject, as there are too many to read. */
  readonly uncheckedCount: number
}

/**
 * Lists a repository, evaluates the rules, analyzes the references between its images, and plans the deletions. Images
 * are listed and manifests are read only if the rules select something.
 *
 * @param openRepository opens the registry to read manifests; called only if that is necessary
 */
export async function planCleanup(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  openRepository: () => Promise<RegistryRepository>,
  { evaluate, includesUntagged }: Evaluator
): Promise<CleanupPlan> {
  const tagged = await listTags(api, repository)
  let inventory = createInventory(tagged.tags, tagged.images, undefined)
  let decisions = evaluate(inventory)
  const hasDeletions = [...decisions.tags.values()].some(({ action }) => action === 'delete')
  if (includesUntagged || hasDeletions) {
    // Images are listed after the tags, so that an index pushed in between is in the listing.
    const images = await listAllImages(api, repository)
    inventory = createInventory(tagged.tags, tagged.images, images)
    decisions = evaluate(inventory)
  }
  const analysis = new ReferenceAnalysis(inventory, decisions)
  if (analysis.ask() !== undefined) await readImageGraph(analysis, await openRepository())
  const plan = planRetention(inventory, decisions, analysis, includesUntagged)
  const expected = new Map<string, ExpectedImage>()
  for (const { row } of plan.deletions) {
    const image = inventory.images.get(row.digest)
    if (image === undefined) continue
    expected.set(row.digest, { tags: new Set(image.tags), pushedAt: image.pushedAt })
  }
  return {
    ...plan,
    repository,
    imageCount: inventory.images.size,
    expected,
    unreadableIndexes: analysis.unreadable,
    uncheckedCount: analysis.uncheckedCount
  }
}
