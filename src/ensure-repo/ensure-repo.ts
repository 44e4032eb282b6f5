import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { explainError } from '../ecr-public/explain-error.js'
import { listRegistries } from '../ecr-public/listings.js'
import { resolveRepositoryNames } from '../ecr-public/resolve-repositories.js'
import { messageOf, problem } from '../runner/errors.js'
import type { EnsureRepoInputs } from '../runner/inputs/inputs.js'
import { describeChange, hasChanges } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { DesiredRepository } from './desired-repository.js'
import { findRepositories } from './find-repositories.js'
import { readPolicy } from './read-policy.js'
import { planFor, reconcileRepository } from './reconcile-repository.js'
import type { PlannedRepository, ReconciledRepository } from './reconcile-repository.js'
import { reportRepositories } from './report-repositories.js'
import type { RepositoryResult } from './report-repositories.js'
import { checkResourceTags } from './resource-tags.js'
import { settleEach } from '../runner/settle-each.js'
import type { Settled } from '../runner/settle-each.js'

/**
 * Makes repositories exist, or not exist, with these resource tags and this policy. Each is handled by
 * itself: where one fails the others go on, and all is reported before the step fails.
 */
export async function ensureRepo(inputs: EnsureRepoInputs, deps: Deps): Promise<Report> {
  const desired = await readDesired(inputs)
  const names = await resolveRepositoryNames(inputs.repositories, deps, inputs.registryId)
  const existing = await findRepositories(names, deps.api, inputs.registryId)
  await refuseForeignCreation(inputs, existing.size < names.length, deps)

  const planned = await settleEach(names, deps, (name) =>
    planFor(name, existing.get(name), desired, deps)
  )
  for (const plan of planned) if (plan.isDone) logPlan(plan.value, deps)
  const results = inputs.dryRun
    ? await asPlanned(planned, deps)
    : await settleEach(planned, deps, async (plan) => {
        if (!plan.isDone) throw plan.error
        const result = await reconcileRepository(plan.value, deps)
        if (result.error !== undefined) deps.signal.throwIfAborted()
        return result
      })
  return reportRepositories(explainResults(names, results, deps))
}

/** What the repositories should be; all that can be checked without the service is checked here. */
async function readDesired(inputs: EnsureRepoInputs): Promise<DesiredRepository> {
  if (inputs.registryId !== undefined && !/^\d{12}$/.test(inputs.registryId)) {
    throw problem({
      what: 'Input "registry-id" has to be an account id in mode ensure-repo',
      value: inputs.registryId,
      expected: '12 digits'
    })
  }
  if (inputs.state === 'absent') return { state: 'absent', force: inputs.force }
  const { resourceTags, pruneResourceTags, policy } = inputs
  checkResourceTags(resourceTags ?? [])
  return {
    state: 'present',
    resourceTags,
    prunesResourceTags: pruneResourceTags,
    policy: policy === undefined ? undefined : await readPolicy(policy)
  }
}

/** CreateRepository takes no registry: a repository would be made in the caller's own, unasked. */
async function refuseForeignCreation(
  { registryId, state }: EnsureRepoInputs,
  createsAny: boolean,
  { api }: Deps
): Promise<void> {
  if (registryId === undefined || state === 'absent' || !createsAny) return
  const own = await listRegistries(api)
  if (own.length === 0 || own.some((registry) => registry.registryId === registryId)) return
  throw problem({
    what: 'A repository can be created in the registry of the credentials only',
    value: registryId,
    expected: own.map((registry) => registry.registryId ?? '').join(', '),
    fix: 'use credentials of that account, or leave "registry-id" out'
  })
}

function logPlan({ changes }: PlannedRepository, { log }: Deps): void {
  for (const change of changes) {
    if (change.action === 'keep') log.debug(describeChange(change))
    else log.info(describeChange(change))
  }
}

/** What a dry run reports: all as if it had been done. */
async function asPlanned(
  planned: readonly Settled<PlannedRepository>[],
  deps: Deps
): Promise<Settled<ReconciledRepository>[]> {
  const predict = planned.some(createsOne) ? await createPredictor(deps) : () => undefined
  return planned.map((plan) => {
    if (!plan.isDone) return plan
    const { name, repository, changes } = plan.value
    const created = createsOne(plan)
    return {
      isDone: true,
      value: {
        name,
        repository: created ? predict(name) : repository,
        changes,
        created,
        changed: hasChanges(changes)
      }
    }
  })
}

function createsOne(plan: Settled<PlannedRepository>): boolean {
  return plan.isDone && plan.value.steps.some(({ call }) => call === 'create')
}

/** Tells what the service would call a new repository. Who may not look up the registry goes without. */
async function createPredictor({ api }: Deps): Promise<(name: string) => Repository | undefined> {
  const registries = await listRegistries(api).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'AccessDeniedException') return []
    throw error
  })
  const [registry] = registries
  if (registry === undefined) return () => undefined
  const { registryId, registryUri, registryArn } = registry
  return (name) => ({
    repositoryName: name,
    registryId,
    repositoryUri: `${registryUri ?? ''}/${name}`,
    repositoryArn: (registryArn ?? '').replace(/:registry\/.*$/, `:repository/${name}`)
  })
}

/** What became of each repository, the failures in words; a snippet to copy is told once. */
function explainResults(
  names: readonly string[],
  results: readonly Settled<ReconciledRepository>[],
  { log, env }: Deps
): RepositoryResult[] {
  const told = new Set<string>()
  return results.map((result, at): RepositoryResult => {
    const name = names[at] ?? ''
    const untouched = { name, repository: undefined, changes: [], created: false, changed: false }
    const { error, ...value } = result.isDone ? result.value : { ...untouched, error: result.error }
    if (error === undefined) return value
    const explained = explainError(error, { mode: 'ensure-repo', env })
    const failure = explained?.message ?? messageOf(error)
    log.info(`${name}: ${failure}`)
    const details = explained?.details
    if (details !== undefined && !told.has(details)) log.info(details)
    if (details !== undefined) told.add(details)
    return { ...value, failure }
  })
}
