import { problem } from '../runner/errors.js'
import type { ResourceTag } from '../runner/inputs/inputs.js'
import type { Change } from '../runner/plan.js'
import { concernsResourceTags } from './desired-repository.js'
import type { DesiredRepository, PresentRepository } from './desired-repository.js'
import type { ActualRepository } from './describe-repository.js'
import { isSamePolicy } from './policy-meaning.js'
import { diffResourceTags } from './resource-tags.js'

/** One API call that changes the repository. */
export type RepositoryStep =
  | { readonly call: 'create'; readonly resourceTags: readonly ResourceTag[] }
  | { readonly call: 'delete'; readonly force: boolean }
  | { readonly call: 'untag'; readonly keys: readonly string[] }
  | { readonly call: 'tag'; readonly resourceTags: readonly ResourceTag[] }
  | { readonly call: 'set-policy'; readonly text: string }
  | { readonly call: 'delete-policy' }

/** The API calls that bring a repository into the desired state, and the rows of the plan that describe them. */
export interface ReconciliationPlan {
  readonly steps: readonly RepositoryStep[]
  readonly changes: readonly Change[]
}

/**
 * Plans how to bring a repository into the desired state.
 *
 * @throws ActionError if this is not possible: the repository contains images, or would have too many resource tags
 */
export function planRepository(
  name: string,
  actual: ActualRepository,
  desired: DesiredRepository
): ReconciliationPlan {
  if (desired.state === 'absent') return planAbsent(name, actual, desired.force)
  return joined([
    planExistence(name, actual, desired),
    planResourceTags(name, actual, desired),
    planPolicy(name, actual, desired)
  ])
}

/**
 * Invariant: a repository that contains images is deleted only with `force`. If the images cannot be listed, the service
 * checks it, because the call contains `force` as well.
 */
function planAbsent(name: string, actual: ActualRepository, force: boolean): ReconciliationPlan {
  if (actual.repository === undefined) {
    return kept({ kind: 'repository', target: name, reason: 'does not exist' })
  }
  if (actual.containsImages === true) throw containsImages(name)
  return {
    steps: [{ call: 'delete', force }],
    changes: [{ action: 'delete', kind: 'repository', target: name, ...(force ? { force } : {}) }]
  }
}

/** Returns the error about a repository that is not deleted because it contains images. */
export function containsImages(name: string, cause?: unknown): Error {
  return problem(
    {
      what: 'The repository contains images',
      value: name,
      fix: 'Set "force: true" to delete the repository and all of its images.'
    },
    cause
  )
}

function planExistence(
  name: string,
  { repository }: ActualRepository,
  desired: PresentRepository
): ReconciliationPlan {
  if (repository !== undefined) {
    return kept({ kind: 'repository', target: name, reason: 'exists' })
  }
  return {
    // CreateRepository sets the tags as well, so that the repository never exists without them.
    steps: [{ call: 'create', resourceTags: desired.resourceTags ?? [] }],
    changes: [{ action: 'create', kind: 'repository', target: name, reason: 'does not exist yet' }]
  }
}

function planResourceTags(
  name: string,
  { repository, resourceTags = new Map<string, string>() }: ActualRepository,
  desired: PresentRepository
): ReconciliationPlan {
  if (!concernsResourceTags(desired)) return joined([])
  const diff = diffResourceTags(
    name,
    resourceTags,
    desired.resourceTags ?? [],
    desired.prunesResourceTags
  )
  const row = (action: Change['action'], key: string, value?: string): Change => ({
    action,
    kind: 'resource-tag',
    target: `${name}#${key}`,
    ...(value === undefined ? {} : { value })
  })
  const steps: RepositoryStep[] = []
  // Tags are removed first, so that the repository never exceeds the quota of tags.
  if (diff.removed.length > 0) steps.push({ call: 'untag', keys: diff.removed })
  if (diff.set.length > 0 && repository !== undefined) {
    steps.push({
      call: 'tag',
      resourceTags: diff.set.map(({ key, value }) => ({ key, value }))
    })
  }
  return {
    steps,
    changes: [
      ...diff.removed.map((key) => row('delete', key)),
      ...diff.set.map(({ key, value, isNew }) => row(isNew ? 'create' : 'update', key, value)),
      ...diff.kept.map(({ key, value }) => row('keep', key, value))
    ]
  }
}

function planPolicy(
  name: string,
  { policyText }: ActualRepository,
  { policy }: PresentRepository
): ReconciliationPlan {
  if (policy === undefined) return joined([])
  const target = `${name}#policy`
  if (policy.kind === 'none') {
    if (policyText === undefined) {
      return kept({ kind: 'policy', target, reason: 'the repository does not have a policy' })
    }
    return {
      steps: [{ call: 'delete-policy' }],
      changes: [{ action: 'delete', kind: 'policy', target }]
    }
  }
  if (policyText !== undefined && isSamePolicy(policyText, policy.text)) {
    return kept({ kind: 'policy', target, reason: 'the current policy has the same meaning' })
  }
  const action = policyText === undefined ? 'create' : 'update'
  return {
    steps: [{ call: 'set-policy', text: policy.text }],
    changes: [{ action, kind: 'policy', target }]
  }
}

function kept(row: Omit<Change, 'action'> & Pick<Change, 'kind' | 'target'>): ReconciliationPlan {
  return { steps: [], changes: [{ ...row, action: 'keep' }] }
}

function joined(plans: readonly ReconciliationPlan[]): ReconciliationPlan {
  return {
    steps: plans.flatMap(({ steps }) => steps),
    changes: plans.flatMap(({ changes }) => changes)
  }
}
