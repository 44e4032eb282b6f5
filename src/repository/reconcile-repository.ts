import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../deps.js'
import { hasChanges } from '../plan.js'
import type { Change } from '../plan.js'
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
  readonly changes: readonly Change[]
  readonly created: boolean
  readonly changed: boolean
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
 * looked at and planned anew, so that jobs that race for one repository all succeed.
 */
export async function reconcileRepository(
  planned: PlannedRepository,
  deps: ReconcileDeps
): Promise<ReconciledRepository> {
  const { name, desired } = planned
  const done: Change[] = []
  let current = planned
  for (let round = 1; ; round++) {
    const { repository, error, failed } = await applySteps(current, deps)
    if (failed === undefined) return reconciled(current, repository, done)
    if (!isRace(error) || round === MAX_ROUNDS) throw error
    if (isOwnDoing(error, failed, desired)) {
      done.push(...current.changes.filter(({ kind }) => kind === 'repository'))
    } else {
      deps.log.info(`${name} was changed by another job meanwhile: looking at it again`)
    }
    const found = await findRepository(name, deps.api, current.repository?.registryId)
    current = await planFor(name, found, desired, deps)
  }
}

interface AppliedSteps {
  readonly repository: Repository | undefined
  readonly failed?: RepositoryStep
  readonly error?: unknown
}

async function applySteps(
  { name, steps, repository: before }: PlannedRepository,
  { api }: ReconcileDeps
): Promise<AppliedSteps> {
  let repository = before
  for (const step of steps) {
    try {
      repository = await applyStep(name, step, repository, api)
    } catch (error) {
      return { repository, failed: step, error }
    }
  }
  return { repository }
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

function reconciled(
  current: PlannedRepository,
  repository: Repository | undefined,
  done: readonly Change[]
): ReconciledRepository {
  const isDone = done.length > 0
  const rest = isDone
    ? current.changes.filter(({ kind }) => kind !== 'repository')
    : current.changes
  const changes = [...done, ...rest]
  return {
    name: current.name,
    repository,
    changes,
    created: changes.some(({ action, kind }) => action === 'create' && kind === 'repository'),
    changed: hasChanges(changes)
  }
}
