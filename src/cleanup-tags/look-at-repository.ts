import type { EcrPublicApi } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { readImageGraph } from '../registry-client/read-image-graph.js'
import type { RegistryRepository } from '../registry-client/open-repository.js'
import { createInventory } from './rules/inventory.js'
import type { Inventory } from './rules/inventory.js'
import { planRetention } from './rules/retention-plan.js'
import type { RetentionPlan } from './rules/retention-plan.js'
import { Survey } from './rules/survey.js'
import type { Judgement } from './rules/verdict.js'
import type { ExpectedImage } from './deletion-run.js'
import { listAllImages, listTags } from './list-inventory.js'

/** How a repository is judged, at the one instant of the run. */
export interface Judge {
  readonly judge: (inventory: Inventory) => Judgement
  /** Whether untagged images are judged too. */
  readonly includesUntagged: boolean
}

/** A repository that was looked at. */
export interface RepositoryPlan extends RetentionPlan {
  readonly repository: RepositoryAddress
  readonly imageCount: number
  /** The images of the deletions, as they were listed. */
  readonly expected: Map<string, ExpectedImage>
  /** Indexes that could not be read; for them every image stays. */
  readonly unreadable: readonly string[]
  /** Images whose manifest was not read for a subject, as they look like container images and there are too many. */
  readonly uncheckedCount: number
}

/**
 * Lists a repository, judges what is there and finds out what else needs it. Images are listed, and manifests read,
 * only where something may go.
 *
 * @param source the reading side of the registry; opened only if a manifest has to be read
 */
export async function lookAtRepository(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  source: () => Promise<RegistryRepository>,
  { judge, includesUntagged }: Judge
): Promise<RepositoryPlan> {
  const tagged = await listTags(api, repository)
  let inventory = createInventory(tagged.tags, tagged.images, undefined)
  let judgement = judge(inventory)
  if (includesUntagged || [...judgement.tags.values()].some(({ goes }) => goes)) {
    // The images come after the tags, so that an index pushed in between is among them.
    const images = await listAllImages(api, repository)
    inventory = createInventory(tagged.tags, tagged.images, images)
    judgement = judge(inventory)
  }
  const survey = new Survey(inventory, judgement)
  if (survey.ask() !== undefined) await readImageGraph(survey, await source())
  const plan = planRetention(inventory, judgement, survey, includesUntagged)
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
    unreadable: survey.unreadable,
    uncheckedCount: survey.uncheckedCount
  }
}
