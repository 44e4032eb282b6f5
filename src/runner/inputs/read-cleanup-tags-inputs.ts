import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { CleanupTagsInputs, CommonInputs, TagRules } from './types.js'

/** The inputs that a lifecycle policy stands instead of. */
const RULE_NAMES = [
  'tags',
  'exclude-tags',
  'older-than',
  'keep-latest',
  'sort-by',
  'untagged'
] as const

/** @throws ActionError where one is malformed, or they give no rule, or two that do not go together */
export function readCleanupTagsInputs(
  common: CommonInputs,
  reader: InputReader
): CleanupTagsInputs {
  return {
    mode: 'cleanup-tags',
    ...common,
    repositories: reader.requiredList('repository'),
    maxDeletions: reader.optionalInteger('max-deletions'),
    rules: readLifecyclePolicy(reader) ?? readTagRules(reader)
  }
}

function readLifecyclePolicy(
  reader: InputReader
): { readonly lifecyclePolicy: string } | undefined {
  const lifecyclePolicy = reader.text('lifecycle-policy')
  if (lifecyclePolicy === undefined) return undefined
  const conflicting = RULE_NAMES.find((name) => reader.isGiven(name))
  if (conflicting === undefined) return { lifecyclePolicy }
  throw problem({
    what: `Inputs "lifecycle-policy" and "${conflicting}" are both given`,
    expected: `"lifecycle-policy" instead of ${RULE_NAMES.join(', ')}`,
    fix: 'remove one of them'
  })
}

function readTagRules(reader: InputReader): TagRules {
  const rules: TagRules = {
    tags: reader.list('tags') ?? [],
    excludeTags: reader.list('exclude-tags') ?? [],
    olderThan: reader.text('older-than'),
    keepLatest: reader.integer('keep-latest'),
    keepLatestIsGiven: reader.isGiven('keep-latest'),
    sortBy: reader.choice('sort-by'),
    untagged: reader.boolean('untagged')
  }
  if (rules.olderThan !== undefined || rules.keepLatestIsGiven || rules.untagged) return rules
  throw problem({
    what: 'Mode cleanup-tags has no rule to go by',
    expected: 'at least one of older-than, keep-latest, untagged, lifecycle-policy'
  })
}
