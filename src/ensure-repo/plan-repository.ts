import { problem } from '../runner/errors.js'
import type { ResourceTag } from '../runner/inputs/inputs.js'
import type { Change } from '../runner/plan.js'
import { concernsResourceTags } from './desired-repository.js'
import type { DesiredRepository, PresentRepository } from './desired-repository.js'
import type { ActualRepository } from './look-at-repository.js'
import { meansTheSame } from './policy-meaning.js'
import { diffResourceTags } from './resource-tags.js'

/** One writing call. */
export type RepositoryStep =
  | { readonly call: 'create'; readonly resourceTags: readonly ResourceTag[] }
  | { readonly call: 'delete'; readonly force: boolean }
  | { readonly call: 'untag'; readonly keys: readonly string[] }
  | { readonly call: 'tag'; readonly resourceTags: readonly ResourceTag[] }
  | { readonly call: 'set-policy'; readonly text: string }
  | { readonly call: 'delete-policy' }

/** How a repository becomes what it should be: the calls, and the same for people to read. */
export interface RepositoryPlan {
  readonly steps: readonly RepositoryStep[]
  readonly changes: readonly Change[]
}

/**
 * How a repository becomes what it should be.
 *
 * @throws ActionError where it cannot: it holds images, or would have too many resource tags
 */
export function planRepository(
  name: string,
  actual: ActualRepository,
  desired: DesiredRepository
): RepositoryPlan {
  if (desired.state === 'absent') return planAbsent(name, actual, desired.force)
  return joined([
    planExistence(name, actual, desired),
    planResourceTags(name, actual, desired),
    planPolicy(name, actual, desired)
  ])
}

function planAbsent(name: string, actual: ActualRepository, force: boolean): RepositoryPlan {
  if (actual.repository === undefined) {
    return kept({ kind: 'repository', target: name, reason: 'it does not exist' })
  }
  if (actual.holdsImages === true) {
    throw problem({
      what: `Repository ${name} holds images and is not deleted`,
      fix: 'set force: true to delete it with all of them'
    })
  }
  return {
    steps: [{ call: 'delete', force }],
    changes: [{ action: 'delete', kind: 'repository', target: name, ...(force ? { force } : {}) }]
  }
}

function planExistence(
  name: string,
  { repository }: ActualRepository,
  desired: PresentRepository
): RepositoryPlan {
  if (repository !== undefined) {
    return kept({ kind: 'repository', target: name, reason: 'it exists' })
  }
  return {
    // The tags go with the call, so that the repository never exists without them.
    steps: [{ call: 'create', resourceTags: desired.resourceTags ?? [] }],
    changes: [
      { action: 'create', kind: 'repository', target: name, reason: 'it does not exist yet' }
    ]
  }
}

function planResourceTags(
  name: string,
  { repository, resourceTags = new Map<string, string>() }: ActualRepository,
  desired: PresentRepository
): RepositoryPlan {
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
  // Removed first, so that there are never more than the service takes.
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
): RepositoryPlan {
  if (policy === undefined) return joined([])
  const target = `${name}#policy`
  if (policy.kind === 'none') {
    if (policyText === undefined) {
      return kept({ kind: 'policy', target, reason: 'there is none' })
    }
    return {
      steps: [{ call: 'delete-policy' }],
      changes: [{ action: 'delete', kind: 'policy', target }]
    }
  }
  if (policyText !== undefined && meansTheSame(policyText, policy.text)) {
    return kept({ kind: 'policy', target, reason: 'it means the same' })
  }
  const action = policyText === undefined ? 'create' : 'update'
  return {
    steps: [{ call: 'set-policy', text: policy.text }],
    changes: [{ action, kind: 'policy', target }]
  }
}

function kept(row: Omit<Change, 'action'> & Pick<Change, 'kind' | 'target'>): RepositoryPlan {
  return { steps: [], changes: [{ ...row, action: 'keep' }] }
}

function joined(plans: readonly RepositoryPlan[]): RepositoryPlan {
  return {
    steps: plans.flatMap(({ steps }) => steps),
    changes: plans.flatMap(({ changes }) => changes)
  }
}
