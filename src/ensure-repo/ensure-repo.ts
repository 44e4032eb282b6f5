import { explainBriefly, explainError } from '../ecr-public/explain-error.js'
import type { ErrorContext } from '../ecr-public/explain-error.js'
import { checkOwnRegistry } from '../ecr-public/own-registry.js'
import { createPredictor } from '../ecr-public/predict-repository.js'
import { resolveNamedRepositories } from '../ecr-public/resolve-repositories.js'
import type { Deps } from '../runner/deps.js'
import type { EnsureRepoInputs } from '../runner/inputs/inputs.js'
import { describeChange, hasChanges } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import { settleEach, splitSettled } from '../runner/settle-each.js'
import type { Settled } from '../runner/settle-each.js'
import type { DesiredRepository } from './desired-repository.js'
import { readPolicy } from './read-policy.js'
import { planFor, reconcileRepository } from './reconcile-repository.js'
import type {
  PlannedRepository,
  ReconcileDeps,
  ReconciledRepository
} from './reconcile-repository.js'
import { reportRepositories } from './report-repositories.js'
import type { EnsureRepoResult } from './report-repositories.js'
import { requiredActions } from './required-actions.js'
import { checkResourceTags } from './resource-tags.js'

/**
 * Creates, updates or deletes repositories, including their resource tags and policy. Repositories are independent: if
 * one fails, the others are still processed, and the step fails after the report.
 */
export async function ensureRepo(inputs: EnsureRepoInputs, deps: Deps): Promise<Report> {
  const desired = await readDesired(inputs, deps.env)
  const resolved = await resolveNamedRepositories(
    inputs.repositories,
    deps,
    inputs.registryId
  ).catch((error: unknown) => {
    throw explainError(error, contextOf(desired, true, deps)) ?? error
  })
  const createsAny = resolved.some(({ repository }) => repository === undefined)
  const beforeCreation = createRegistryCheck(inputs.registryId, deps)
  if (createsAny && inputs.state === 'present') await beforeCreation()

  const reconcileDeps = { ...deps, beforeCreation }
  const context = contextOf(desired, createsAny, deps)
  const settleOptions = {
    signal: deps.signal,
    explain: (error: unknown) => explainBriefly(error, context)
  }
  const planned = await settleEach(
    resolved,
    ({ name, repository }) => planFor(name, repository, desired, reconcileDeps),
    settleOptions
  )
  const { values: plans } = splitSettled(planned)
  for (const plan of plans) logPlan(plan, deps)
  const execute = inputs.dryRun
    ? await createPrediction(plans, deps)
    : createExecution(reconcileDeps)
  const results = await settleEach(
    planned,
    async (plan) => {
      if (!plan.isDone) throw plan.error
      return execute(plan.value)
    },
    settleOptions
  )
  const names = resolved.map(({ name }) => name)
  return reportRepositories(explainResults(names, results, context, deps))
}

/** Returns the desired state of the repositories, after all checks that need no API call. */
async function readDesired(inputs: EnsureRepoInputs, env: Deps['env']): Promise<DesiredRepository> {
  if (inputs.state === 'absent') return { state: 'absent', force: inputs.force }
  const { resourceTags, pruneResourceTags, policy } = inputs
  checkResourceTags(resourceTags ?? [])
  return {
    state: 'present',
    resourceTags,
    prunesResourceTags: pruneResourceTags,
    policy: policy === undefined ? undefined : await readPolicy(policy, env)
  }
}

/**
 * Returns the check before a repository is created, which is made once. CreateRepository does not have a registry ID, so
 * it would create the repository in the caller's registry.
 */
function createRegistryCheck(registryId: string | undefined, deps: Deps): () => Promise<void> {
  let check: Promise<void> | undefined
  return async () => {
    if (registryId === undefined) return
    const what = 'A repository cannot be created in the registry of another account'
    await (check ??= checkOwnRegistry(registryId, { what, input: 'registry-id' }, deps))
  }
}

function logPlan({ changes }: PlannedRepository, { log }: Deps): void {
  for (const change of changes) {
    if (change.action === 'keep') log.debug(describeChange(change))
    else log.info(describeChange(change))
  }
}

type Execute = (plan: PlannedRepository) => ReconciledRepository | Promise<ReconciledRepository>

function createExecution(deps: ReconcileDeps & Pick<Deps, 'signal'>): Execute {
  return async (plan) => {
    const result = await reconcileRepository(plan, deps)
    if (result.error !== undefined) deps.signal.throwIfAborted()
    return result
  }
}

/** Returns the function that reports a plan in a dry run as if it had been executed. */
async function createPrediction(plans: readonly PlannedRepository[], deps: Deps): Promise<Execute> {
  const predict = plans.some(createsRepository) ? await createPredictor(deps.api) : () => undefined
  return (plan) => {
    const created = createsRepository(plan)
    return {
      name: plan.name,
      repository: created ? predict(plan.name) : plan.repository,
      changes: plan.changes,
      created,
      changed: hasChanges(plan.changes)
    }
  }
}

function createsRepository({ steps }: PlannedRepository): boolean {
  return steps.some(({ call }) => call === 'create')
}

/** Returns the result of each repository with its failure as text. Logs each failure, and the same details only once. */
function explainResults(
  names: readonly string[],
  results: readonly Settled<unknown, ReconciledRepository>[],
  context: ErrorContext,
  { log }: Deps
): EnsureRepoResult[] {
  const logged = new Set<string>()
  return results.map((result, at): EnsureRepoResult => {
    const name = names[at] ?? ''
    const unchanged = { name, repository: undefined, changes: [], created: false, changed: false }
    const { error, ...value } = result.isDone ? result.value : { ...unchanged, error: result.error }
    if (error === undefined) return value
    const failure = explainBriefly(error, context)
    log.info(`${name}: ${failure}`)
    const details = explainError(error, context)?.details
    if (details !== undefined && !logged.has(details)) log.info(details)
    if (details !== undefined) logged.add(details)
    return { ...value, failure }
  })
}

function contextOf(desired: DesiredRepository, createsAny: boolean, { env }: Deps): ErrorContext {
  return { mode: 'ensure-repo', requiredActions: requiredActions(desired, createsAny), env }
}
