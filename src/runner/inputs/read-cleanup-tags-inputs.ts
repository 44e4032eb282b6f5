import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode cleanup-tags. */
export interface CleanupTagsInputs extends CommonInputs {
  readonly mode: 'cleanup-tags'
  /** Names, patterns and exclusions, in their order. */
  readonly repositories: readonly string[]
  readonly rules: TagRules | { readonly lifecyclePolicy: string }
  /** `undefined`: no limit. */
  readonly maxDeletions?: number | undefined
  /** The path of the directory of the manifest cache. */
  readonly manifestCache?: string | undefined
}

/** The inputs that select the tags and images to delete. */
export interface TagRules {
  readonly tags: readonly string[]
  readonly excludeTags: readonly string[]
  /** The duration as written: `30d`, `P30D`. */
  readonly olderThan?: string | undefined
  readonly keepLatest: number
  /** `true` if `keep-latest` is given. Tags are deleted only if it or `older-than` is given. */
  readonly keepLatestIsGiven: boolean
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

/** The inputs that cannot be used with a lifecycle policy. */
const RULE_NAMES = [
  'tags',
  'exclude-tags',
  'older-than',
  'keep-latest',
  'sort-by',
  'untagged'
] as const

/** @throws ActionError if an input is invalid, no rule is given, or two rules cannot be used together */
export function readCleanupTagsInputs(
  common: CommonInputs,
  reader: InputReader
): CleanupTagsInputs {
  return {
    mode: 'cleanup-tags',
    ...common,
    repositories: reader.requiredList('repository'),
    maxDeletions: reader.optionalInteger('max-deletions'),
    manifestCache: reader.text('manifest-cache'),
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
    reason: `A lifecycle policy replaces the inputs ${RULE_NAMES.join(', ')}.`,
    fix: 'Remove one of the two inputs.'
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
    what: 'Mode cleanup-tags requires a rule',
    expected: 'Use at least one of older-than, keep-latest, untagged, lifecycle-policy.'
  })
}
