import type { Repository } from '@aws-sdk/client-ecr-public'
import { explainBriefly } from '../ecr-public/explain-error.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { selectRepositories } from '../ecr-public/resolve-repositories.js'
import type { ServiceClock } from '../ecr-public/service-clock.js'
import { openManifestCache } from '../registry-client/manifest-cache.js'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { CleanupTagsInputs } from '../runner/inputs/inputs.js'
import { settleEach, splitSettled } from '../runner/settle-each.js'
import { createHolderFinder, readTime } from './collect-facts.js'
import type { Evaluator } from './create-evaluator.js'
import { findPullRequests } from './github/find-pull-requests.js'
import { IncompleteListingError, listTags } from './list-inventory.js'
import { listInventory, planCleanup, selectsSomething } from './plan-cleanup.js'
import type { CleanupPlan, ListedInventory } from './plan-cleanup.js'
import { divideReads } from './read-limits.js'
import type { UnreadableRepository } from './report-context.js'
import type { StepFacts } from './rules/step-facts.js'

/** Number of repositories to process in parallel. */
const CONCURRENCY = 4

/** The plans of all repositories of the step. */
export interface StepPlan {
  readonly plans: readonly CleanupPlan[]
  readonly unreadable: readonly UnreadableRepository[]
  /** The service's time at which all repositories were evaluated, in milliseconds since the epoch. */
  readonly now: number
  /** Sentences about the whole step that a person should know about. They are logged already. */
  readonly warnings: readonly string[]
}

/**
 * Plans all repositories. Each stage ends for all of them before the next one begins, because a decision in one
 * repository can depend on the images of another.
 *
 * @throws ActionError if a repository does not have a valid URI
 * @throws IncompleteListingError if a response of the service lacks names or times
 * @throws the first error if no repository could be read
 */
export async function planStep(
  inputs: CleanupTagsInputs,
  evaluator: Evaluator,
  clock: ServiceClock,
  deps: Deps
): Promise<StepPlan> {
  const { log } = deps
  if (inputs.githubToken !== undefined) deps.mask(inputs.githubToken)
  const cache =
    inputs.manifestCache === undefined
      ? undefined
      : await openManifestCache(inputs.manifestCache, deps)
  const repositories = await selectRepositories(inputs.repositories, deps, inputs.registryId)
  for (const repository of repositories) uriOf(repository)
  const stages = new Stages(deps)
  const { listed, timely, warnings } = await listAll(repositories, inputs, evaluator, {
    clock,
    stages,
    deps
  })
  const facts: StepFacts = {
    ...timely,
    findHolder: createHolderFinder(listed),
    unlisted: stages.unreadable.map(({ repository }) => repository)
  }
  const limits = divideReads(listed.length, cache !== undefined, !inputs.dryRun)
  const openRepository = createRepositoryOpener(deps, cache)
  const planned = await stages.run(listed, ({ repository, value }) => {
    const open = () => openRepository(uriOf(repository))
    const address = addressOf(repository, inputs)
    return planCleanup(address, value, open, evaluator, facts, limits)
  })
  await cache?.prune()
  stages.throwIfNothingIsLeft(planned)
  warnings.push(...evaluator.warnings)
  if (stages.unreadable.length === 0) warnings.push(...evaluator.listUnusedPatterns())
  for (const warning of warnings) log.warning(warning)
  const plans = planned.map(({ value }) => value)
  return { plans, unreadable: stages.unreadable, now: timely.now, warnings }
}

/** The inventories of all repositories, and the facts that are the same for all of them. */
interface StepListing {
  readonly listed: readonly StageResult<ListedInventory>[]
  readonly timely: Pick<StepFacts, 'now' | 'pullRequests'>
  readonly warnings: string[]
}

async function listAll(
  repositories: readonly Repository[],
  inputs: CleanupTagsInputs,
  evaluator: Evaluator,
  { clock, stages, deps }: { clock: ServiceClock; stages: Stages; deps: Deps }
): Promise<StepListing> {
  const tagged = await stages.run(
    repositories.map((repository) => ({ repository })),
    ({ repository }) => listTags(deps.api, addressOf(repository, inputs))
  )
  const { now, warning } = readTime(clock, deps.now)
  const numbers = tagged.flatMap(({ value }) => evaluator.listPullRequests(value.tags, now))
  const token = inputs.githubToken ?? ''
  const pullRequests = await findPullRequests(numbers, token, inputs.maxAttempts, deps)
  const timely = { now, pullRequests }
  const listsImages = tagged.some(({ value }) => selectsSomething(value, evaluator, timely))
  const listed = await stages.run(tagged, ({ repository, value }) =>
    listInventory(deps.api, addressOf(repository, inputs), value, listsImages)
  )
  return { listed, timely, warnings: warning === undefined ? [] : [warning] }
}

function addressOf(
  { repositoryName = '' }: Repository,
  { registryId }: CleanupTagsInputs
): RepositoryAddress {
  return { repositoryName, registryId }
}

/** A host with a dot or a port, an alias, and the name. */
const REPOSITORY_URI = /^(?=[^/]*[.:])[\w.:[\]-]+(?:\/[\w.-]+){2,}$/

/**
 * Returns the URI of a repository, from which its manifests are read.
 *
 * @throws ActionError if the response does not contain it
 */
function uriOf({ repositoryName = '', repositoryUri = '' }: Repository): string {
  if (REPOSITORY_URI.test(repositoryUri) && repositoryUri.endsWith(`/${repositoryName}`)) {
    return repositoryUri
  }
  throw problem({
    what: 'DescribeRepositories returned a repository without a valid URI',
    value: repositoryName
  })
}

/** A repository with the result of a stage. */
interface StageResult<Value> {
  readonly repository: Repository
  readonly value: Value
}

/** Runs the stages of the plan and collects the repositories that failed in one of them. */
class Stages {
  readonly unreadable: UnreadableRepository[] = []
  private firstError: unknown

  constructor(private readonly deps: Pick<Deps, 'signal' | 'env'>) {}

  /** Processes each repository. The ones that fail are missing from the results. */
  async run<Item extends { readonly repository: Repository }, Value>(
    items: readonly Item[],
    work: (item: Item) => Promise<Value>
  ): Promise<StageResult<Value>[]> {
    const { signal, env } = this.deps
    const settled = await settleEach(
      items,
      async (item) => ({ repository: item.repository, value: await work(item) }),
      {
        signal,
        explain: (error) => explainBriefly(error, { mode: 'cleanup-tags', env }),
        concurrency: CONCURRENCY
      }
    )
    const { values, failures } = splitSettled(settled)
    for (const { item, reason, error } of failures) {
      // If names or times are missing for one repository, the responses for the others are not reliable either.
      if (error instanceof IncompleteListingError) throw error
      if (this.unreadable.length === 0) this.firstError = error
      this.unreadable.push({ repository: item.repository.repositoryName ?? '', reason })
    }
    return values
  }

  throwIfNothingIsLeft(planned: readonly unknown[]): void {
    if (planned.length === 0 && this.unreadable.length > 0) throw this.firstError
  }
}
