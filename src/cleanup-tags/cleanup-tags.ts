import pLimit from 'p-limit'
import { resultOf } from './cleanup-result.js'
import { compileJudge } from './compile-judge.js'
import { deletePlanned } from './delete-planned.js'
import type { FinalOutcome } from './deletion-run.js'
import { formatCount } from './format.js'
import { lookAtRepository } from './look-at-repository.js'
import type { Judge, RepositoryPlan } from './look-at-repository.js'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import { reportCleanup } from './report-cleanup.js'
import { ServiceHabits } from './service-habits.js'
import { notesOf, tellPlan, tellResult } from './tell-cleanup.js'
import type { Deps } from '../runner/deps.js'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { selectRepositories } from '../ecr-public/resolve-repositories.js'
import type { CleanupTagsInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'
import type { Row } from './rules/retention-plan.js'

/** Repositories that are worked on at once. */
const REPOSITORIES_AT_ONCE = 4

/** What was found, before anything is deleted. */
interface Look {
  readonly plans: readonly RepositoryPlan[]
  readonly unreachable: readonly { readonly repository: string; readonly reason: string }[]
}

/**
 * Deletes stale tags and orphaned images, never a thing still needed. Every repository is looked at before
 * the first deletion, so that the brake counts all of them; a deletion that fails does not keep the others from
 * going on.
 */
export async function cleanupTags(inputs: CleanupTagsInputs, deps: Deps): Promise<Report> {
  const now = deps.now().getTime()
  const judge = await compileJudge(inputs, now)
  const { plans, unreachable } = await look(inputs, judge, deps)
  const stopped = findBrake(plans, inputs.maxDeletions)
  for (const plan of plans) await tellPlan(plan, deps.log)
  const isApplied = !inputs.dryRun && stopped === undefined
  const outcomes = isApplied ? await apply(plans, deps) : undefined
  const results = plans.map((plan) => resultOf(plan, outcomes?.get(plan)))
  for (const result of results) tellResult(result, deps.log)
  return reportCleanup(results, {
    now,
    dryRun: inputs.dryRun,
    stopped,
    unreachable,
    notes: plans.flatMap(notesOf)
  })
}

async function look(inputs: CleanupTagsInputs, judge: Judge, deps: Deps): Promise<Look> {
  const repositories = await selectRepositories(inputs.repositories, deps, inputs.registryId)
  const openSource = createRepositoryOpener(deps)
  const unreachable: { repository: string; reason: string }[] = []
  const errors: unknown[] = []
  const looks = await pLimit(REPOSITORIES_AT_ONCE).map(repositories, async (found) => {
    const { repositoryName = '', repositoryUri = '' } = found
    const address = { repositoryName, registryId: inputs.registryId }
    try {
      return await lookAtRepository(deps.api, address, () => openSource(repositoryUri), judge)
    } catch (error) {
      deps.signal.throwIfAborted()
      errors.push(error)
      unreachable.push({ repository: repositoryName, reason: explain(error, deps) })
      return undefined
    }
  })
  const plans = looks.filter((plan) => plan !== undefined)
  if (plans.length === 0 && errors.length > 0) throw errors[0]
  return { plans, unreachable }
}

/** Why nothing may be deleted, or `undefined`. */
function findBrake(
  plans: readonly RepositoryPlan[],
  maxDeletions: number | undefined
): string | undefined {
  const count = plans.reduce((sum, { deletions }) => sum + deletions.length, 0)
  if (maxDeletions === undefined || count <= maxDeletions) return undefined
  return `${formatCount(count, 'deletion')} planned – more than max-deletions allows – ${maxDeletions} – nothing was deleted; look at the plan, then raise max-deletions or narrow the rules`
}

async function apply(
  plans: readonly RepositoryPlan[],
  deps: Deps
): Promise<Map<RepositoryPlan, Map<Row, FinalOutcome>>> {
  const outcomes = new Map<RepositoryPlan, Map<Row, FinalOutcome>>()
  const habits = new ServiceHabits()
  await pLimit(REPOSITORIES_AT_ONCE).map(plans, async (plan) => {
    const { api, log, signal } = deps
    const { repository, imageCount, expected } = plan
    const done = await deletePlanned(plan, expected, {
      api,
      log,
      signal,
      habits,
      repository,
      imageCount,
      explain: (error) => explain(error, deps)
    })
    outcomes.set(plan, done)
  })
  return outcomes
}

function explain(error: unknown, { env }: Deps): string {
  return explainBriefly(error, { mode: 'cleanup-tags', env })
}
