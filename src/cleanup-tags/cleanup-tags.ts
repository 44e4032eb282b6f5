import pLimit from 'p-limit'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { recordServiceTime } from '../ecr-public/service-clock.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { CleanupTagsInputs } from '../runner/inputs/inputs.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import { createCleanupResult } from './cleanup-result.js'
import { createEvaluator } from './create-evaluator.js'
import { deletePlanned } from './deletion/delete-planned.js'
import type { FinalOutcome } from './deletion/deletion-outcome.js'
import { ObservedServiceBehavior } from './deletion/observed-service-behavior.js'
import { logPlans, logResults } from './log-cleanup.js'
import type { CleanupPlan } from './plan-cleanup.js'
import { planStep } from './plan-step.js'
import { reportCleanup } from './report-cleanup.js'
import type { RetentionRow } from './rules/retention-row.js'

/** Number of repositories to delete from in parallel. */
const CONCURRENCY = 4

/**
 * Deletes stale tags and orphaned images. Images that are still in use are never deleted. All repositories are planned
 * before the first deletion, so that the deletion limit covers all of them. A failed deletion does not stop the others.
 */
export async function cleanupTags(
  inputs: CleanupTagsInputs,
  deps: Deps
): Promise<Report<Iterable<Change>>> {
  const clock = recordServiceTime(deps.api, deps.now)
  const evaluator = await createEvaluator(inputs, deps.env)
  const { plans, unreadable, now, warnings } = await planStep(inputs, evaluator, clock, deps)
  const limitError = checkDeletionLimit(plans, inputs.maxDeletions)
  await logPlans(plans, deps.log)
  const isCarriedOut = !inputs.dryRun && limitError === undefined
  const outcomes = isCarriedOut ? await deleteAll(plans, deps) : undefined
  const results = plans.map((plan) => createCleanupResult(plan, outcomes?.get(plan)))
  logResults(results, deps.log)
  const { dryRun } = inputs
  return reportCleanup(results, { now, dryRun, limitError, unreadable, warnings })
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
    const { repository, imageCount, images } = plan
    const outcome = await deletePlanned(plan, images, {
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
