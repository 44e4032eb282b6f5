import type { Repository } from '@aws-sdk/client-ecr-public'
import { findRepository } from '../ecr-public/find-repositories.js'
import type { Deps } from '../runner/deps.js'
import { isErrorNamed } from '../runner/errors.js'
import { hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import { applyStep } from './apply-step.js'
import type { DesiredRepository } from './desired-repository.js'
import { describeRepository } from './describe-repository.js'
import type { ActualRepository } from './describe-repository.js'
import { planRepository } from './plan-repository.js'
import type { ReconciliationPlan, RepositoryStep } from './plan-repository.js'

/** A repository with its plan. */
export interface PlannedRepository extends ReconciliationPlan {
  readonly name: string
  readonly desired: DesiredRepository
  readonly repository: Repository | undefined
}

/** The outcome of the plan of a repository. */
export interface ReconciledRepository {
  readonly name: string
  /** The repository, also if it was deleted. */
  readonly repository: Repository | undefined
  /** Rows whose change was not made, or possibly not, have `failed: true`. */
  readonly changes: readonly Change[]
  readonly created: boolean
  readonly changed: boolean
  /** Why the repository does not have the desired state. */
  readonly error?: unknown
}

/** The dependencies of the plans and of the changes. */
export interface ReconcileDeps extends Pick<Deps, 'api' | 'log' | 'sleep'> {
  /** Rejects if the repositories of the step cannot be created. */
  readonly beforeCreation: () => Promise<void>
}

/** The maximum number of plans per repository, if other jobs change it at the same time. */
const MAX_ROUNDS = 5

/** The errors if another job created or deleted the repository after the plan was made. */
const RACES = ['RepositoryAlreadyExistsException', 'RepositoryNotFoundException']

/**
 * Reads the current state of a repository and plans the changes. A repository that was deleted in the meantime counts
 * as one that does not exist.
 *
 * @throws ActionError if the desired state cannot be reached, as `planRepository` does
 */
export async function planFor(
  name: string,
  repository: Repository | undefined,
  desired: DesiredRepository,
  deps: ReconcileDeps
): Promise<PlannedRepository> {
  const actual = await describeRepository(repository, desired, deps.api).catch(
    (error: unknown): ActualRepository => {
      if (isErrorNamed(error, 'RepositoryNotFoundException')) return { repository: undefined }
      throw error
    }
  )
  // Another account can delete its repository during the step, and it must not be created in the caller's one.
  if (actual.repository === undefined && desired.state === 'present') await deps.beforeCreation()
  const plan = planRepository(name, actual, desired)
  return { name, desired, repository: actual.repository, ...plan }
}

/**
 * Makes the planned API calls. If another job created or deleted the repository in the meantime, reads its state and
 * plans again, so that jobs that race for one repository all succeed. The first call that fails for another reason ends
 * the work on the repository, and the result contains the changes until then.
 */
export async function reconcileRepository(
  planned: PlannedRepository,
  deps: ReconcileDeps
): Promise<ReconciledRepository> {
  const { desired } = planned
  const done: Change[] = []
  let current = planned
  for (let round = 1; ; round++) {
    const { repository, made, error, failed } = await applySteps(current, deps)
    done.push(...made.flatMap((step) => rowsOf(step, current)))
    if (failed === undefined) return reconciled(current, repository, done)
    if (!isRace(error) || round === MAX_ROUNDS) return incomplete(current, repository, done, error)
    const isOwn = isOwnChange(error, failed, desired)
    if (isOwn) done.push(...rowsOf(failed, current))
    try {
      current = await planAnew(current, isOwn, deps)
    } catch (cause) {
      return incomplete(current, repository, done, cause)
    }
  }
}

async function planAnew(
  { name, desired, repository }: PlannedRepository,
  isOwnChange: boolean,
  deps: ReconcileDeps
): Promise<PlannedRepository> {
  if (!isOwnChange) {
    deps.log.info(`${name}: another job changed the repository. Reading it again.`)
  }
  const found = await findRepository(name, { api: deps.api, registryId: repository?.registryId })
  return planFor(name, found, desired, deps)
}

interface AppliedSteps {
  readonly repository: Repository | undefined
  readonly made: readonly RepositoryStep[]
  readonly failed?: RepositoryStep
  readonly error?: unknown
}

async function applySteps(
  { name, steps, repository: before }: PlannedRepository,
  deps: ReconcileDeps
): Promise<AppliedSteps> {
  let repository = before
  for (const [at, step] of steps.entries()) {
    try {
      repository = await applyStep(name, step, repository, deps)
    } catch (error) {
      return { repository, made: steps.slice(0, at), failed: step, error }
    }
  }
  return { repository, made: steps }
}

function isRace(error: unknown): error is Error {
  return isErrorNamed(error, ...RACES)
}

/** Returns `true` if an earlier attempt of the same call succeeded, but its response was lost. */
function isOwnChange(error: Error, step: RepositoryStep, desired: DesiredRepository): boolean {
  const { $metadata } = error as { $metadata?: { attempts?: number } }
  if (($metadata?.attempts ?? 1) < 2) return false
  return desired.state === 'present'
    ? step.call === 'create' && error.name === 'RepositoryAlreadyExistsException'
    : step.call === 'delete' && error.name === 'RepositoryNotFoundException'
}

/** Returns the rows of the plan whose change the call makes. */
function rowsOf({ call }: RepositoryStep, { changes }: PlannedRepository): Change[] {
  const isMade = ({ action, kind }: Change): boolean => {
    switch (call) {
      case 'create':
        return kind === 'repository' || kind === 'resource-tag'
      case 'delete':
        return kind === 'repository'
      case 'untag':
        return kind === 'resource-tag' && action === 'delete'
      case 'tag':
        return kind === 'resource-tag' && action !== 'delete'
      case 'set-policy':
      case 'delete-policy':
        return kind === 'policy'
    }
  }
  return changes.filter((change) => change.action !== 'keep' && isMade(change))
}

function reconciled(
  { name, changes: last }: PlannedRepository,
  repository: Repository | undefined,
  done: readonly Change[]
): ReconciledRepository {
  const isSame =
    (row: Change) =>
    ({ kind, target }: Change): boolean =>
      kind === row.kind && target === row.target
  // In the last plan, a change that an earlier round made is a row of action keep.
  const earlier = done.filter((row) => !last.some(isSame(row)))
  const changes = [
    ...earlier,
    ...last.map((row) => (row.action === 'keep' ? (done.find(isSame(row)) ?? row) : row))
  ]
  const made = changes.filter(({ failed }) => failed !== true)
  return {
    name,
    repository,
    changes,
    created: made.some(({ action, kind }) => action === 'create' && kind === 'repository'),
    changed: hasChanges(made)
  }
}

function incomplete(
  planned: PlannedRepository,
  repository: Repository | undefined,
  done: readonly Change[],
  error: unknown
): ReconciledRepository {
  const changes = planned.changes.map((row): Change =>
    row.action === 'keep' || done.includes(row) ? row : { ...row, failed: true }
  )
  return { ...reconciled({ ...planned, changes }, repository, done), error }
}
