import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import { applyStep } from './apply-step.js'
import type { DesiredRepository } from './desired-repository.js'
import { findRepository } from './find-repositories.js'
import { lookAtRepository } from './look-at-repository.js'
import type { ActualRepository } from './look-at-repository.js'
import { planRepository } from './plan-repository.js'
import type { RepositoryPlan, RepositoryStep } from './plan-repository.js'

/** A repository that was looked at, and what is to be done about it. */
export interface PlannedRepository extends RepositoryPlan {
  readonly name: string
  readonly desired: DesiredRepository
  readonly repository: Repository | undefined
}

/** What became of a repository. */
export interface ReconciledRepository {
  readonly name: string
  /** The repository, also where it was deleted. */
  readonly repository: Repository | undefined
  /** What did not take place, or may not have, is marked as `failed`. */
  readonly changes: readonly Change[]
  readonly created: boolean
  readonly changed: boolean
  /** Why it is not what it should be. */
  readonly error?: unknown
}

type ReconcileDeps = Pick<Deps, 'api' | 'log'>

/** How often a repository is looked at anew because somebody else changed it meanwhile. */
const MAX_ROUNDS = 5

/** What other jobs do to a repository between our look and our call shows in these errors. */
const RACES = [
  'RepositoryAlreadyExistsException',
  'RepositoryNotFoundException',
  'RepositoryNotEmptyException'
]

/**
 * Looks at a repository and plans what is to be done; one that was deleted meanwhile does not exist.
 *
 * @throws as `planRepository`
 */
export async function planFor(
  name: string,
  repository: Repository | undefined,
  desired: DesiredRepository,
  deps: ReconcileDeps
): Promise<PlannedRepository> {
  const actual = await lookAtRepository(repository, desired, deps.api).catch(
    (error: unknown): ActualRepository => {
      if (isNamed(error, 'RepositoryNotFoundException')) return { repository: undefined }
      throw error
    }
  )
  const plan = planRepository(name, actual, desired)
  return { name, desired, repository: actual.repository, ...plan }
}

/**
 * Makes the planned calls. Where another job created, deleted or filled the repository meanwhile, it is
 * looked at and planned anew, so that jobs that race for one repository all succeed. A call that fails ends the
 * work on this repository; what was done until then is told.
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
    if (!isRace(error) || round === MAX_ROUNDS) return halfDone(current, repository, done, error)
    const isOwn = isOwnDoing(error, failed, desired)
    if (isOwn) done.push(...rowsOf(failed, current))
    try {
      current = await planAnew(current, isOwn, deps)
    } catch (cause) {
      return halfDone(current, repository, done, cause)
    }
  }
}

async function planAnew(
  { name, desired, repository }: PlannedRepository,
  isOwnDoing: boolean,
  deps: ReconcileDeps
): Promise<PlannedRepository> {
  if (!isOwnDoing) {
    deps.log.info(`${name} was changed by another job meanwhile: looking at it again`)
  }
  const found = await findRepository(name, deps.api, repository?.registryId)
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
  { api }: ReconcileDeps
): Promise<AppliedSteps> {
  let repository = before
  for (const [at, step] of steps.entries()) {
    try {
      repository = await applyStep(name, step, repository, api)
    } catch (error) {
      return { repository, made: steps.slice(0, at), failed: step, error }
    }
  }
  return { repository, made: steps }
}

function isRace(error: unknown): error is Error {
  return RACES.some((name) => isNamed(error, name))
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name
}

/**
 * `true` where an earlier attempt of the same call did what was asked, but its answer was lost: the next
 * attempt then finds it done.
 */
function isOwnDoing(error: Error, step: RepositoryStep, desired: DesiredRepository): boolean {
  const { $metadata } = error as { $metadata?: { attempts?: number } }
  if (($metadata?.attempts ?? 1) < 2) return false
  return desired.state === 'present'
    ? step.call === 'create' && error.name === 'RepositoryAlreadyExistsException'
    : step.call === 'delete' && error.name === 'RepositoryNotFoundException'
}

/** The rows that a call brings about. */
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
  // What was done in an earlier round is found to be there, or not to be there, in the last one.
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

function halfDone(
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
