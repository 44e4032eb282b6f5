import pLimit from 'p-limit'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { selectRepositories } from '../ecr-public/resolve-repositories.js'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { CleanupTagsInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'
import { settleEach, splitSettled } from '../runner/settle-each.js'
import { createCleanupResult } from './cleanup-result.js'
import { createEvaluator } from './create-evaluator.js'
import type { Evaluator } from './create-evaluator.js'
import { deletePlanned } from './deletion/delete-planned.js'
import type { FinalOutcome } from './deletion/deletion-outcome.js'
import { ObservedServiceBehavior } from './deletion/observed-service-behavior.js'
import { logPlan, logResult } from './log-cleanup.js'
import { planCleanup } from './plan-cleanup.js'
import type { CleanupPlan } from './plan-cleanup.js'
import { reportCleanup } from './report-cleanup.js'
import type { UnreadableRepository } from './report-cleanup.js'
import type { RetentionRow } from './rules/plan-retention.js'

/** Number of repositories to process in parallel. */
const CONCURRENCY = 4

/**
 * Deletes stale tags and orphaned images. Images that are still in use are never deleted. All repositories are planned
 * before the first deletion, so that the deletion limit covers all of them. A failed deletion does not stop the others.
 */
export async function cleanupTags(inputs: CleanupTagsInputs, deps: Deps): Promise<Report> {
  const now = deps.now().getTime()
  const evaluator = await createEvaluator(inputs, now, deps.env)
  const { plans, unreadable } = await planAll(inputs, evaluator, deps)
  const limitError = checkDeletionLimit(plans, inputs.maxDeletions)
  for (const plan of plans) await logPlan(plan, deps.log)
  const isCarriedOut = !inputs.dryRun && limitError === undefined
  const outcomes = isCarriedOut ? await deleteAll(plans, deps) : undefined
  const results = plans.map((plan) => createCleanupResult(plan, outcomes?.get(plan)))
  for (const result of results) logResult(result, deps.log)
  return reportCleanup(results, { now, dryRun: inputs.dryRun, limitError, plans, unreadable })
}

async function planAll(
  inputs: CleanupTagsInputs,
  evaluator: Evaluator,
  deps: Deps
): Promise<{ plans: readonly CleanupPlan[]; unreadable: readonly UnreadableRepository[] }> {
  const repositories = await selectRepositories(inputs.repositories, deps, inputs.registryId)
  const openRepository = createRepositoryOpener(deps)
  const settled = await settleEach(
    repositories,
    ({ repositoryName = '', repositoryUri = '' }) => {
      const address = { repositoryName, registryId: inputs.registryId }
      return planCleanup(deps.api, address, () => openRepository(repositoryUri), evaluator)
    },
    {
      signal: deps.signal,
      explain: (error) => explain(error, deps),
      concurrency: CONCURRENCY
    }
  )
  const { values: plans, failures } = splitSettled(settled)
  if (plans.length === 0 && failures[0] !== undefined) throw failures[0].error
  const unreadable = failures.map(({ item: { repositoryName = '' }, reason }) => ({
    repository: repositoryName,
    reason
  }))
  return { plans, unreadable }
}

/** Returns the error if the plans have more deletions than the input `max-deletions`. */
function checkDeletionLimit(
  plans: readonly CleanupPlan[],
  maxDeletions: number | undefined
): string | undefined {
  const count = plans.reduce((sum, { deletions }) => sum + deletions.length, 0)
  if (maxDeletions === undefined || count <= maxDeletions) return undefined
  return problem({
    what: `The plan has more deletions (${count}) than the input "max-deletions" allows`,
    value: String(maxDeletions),
    reason: 'Nothing was deleted.',
    fix: 'Check the plan, then increase "max-deletions" or narrow the rules.'
  }).message
}

async function deleteAll(
  plans: readonly CleanupPlan[],
  deps: Deps
): Promise<Map<CleanupPlan, Map<RetentionRow, FinalOutcome>>> {
  const { api, log, signal } = deps
  const behavior = new ObservedServiceBehavior()
  const outcomes = new Map<CleanupPlan, Map<RetentionRow, FinalOutcome>>()
  await pLimit(CONCURRENCY).map(plans, async (plan) => {
    const { repository, imageCount, expected } = plan
    const outcome = await deletePlanned(plan, expected, {
      api,
      log,
      signal,
      behavior,
      repository,
      imageCount,
      explain: (error) => explain(error, deps)
    })
    outcomes.set(plan, outcome)
  })
  return outcomes
}

function explain(error: unknown, { env }: Deps): string {
  return explainBriefly(error, { mode: 'cleanup-tags', env })
}
