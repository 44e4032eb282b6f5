import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode cleanup-tags. */
export interface CleanupTagsInputs extends CommonInputs {
  readonly mode: 'cleanup-tags'
  /** Names, patterns and exclusions, in their order. */
  readonly repositories: readonly string[]
  readonly rules: TagRules | { readonly lifecyclePolicy: string }
  /** Reads pull requests. Given if the rules contain patterns of closed pull requests. */
  readonly githubToken?: string | undefined
  /** `undefined`: no limit. */
  readonly maxDeletions?: number | undefined
  /** The path of the directory of the manifest cache. */
  readonly manifestCache?: string | undefined
}

/** The inputs that select the tags and images to delete. */
export interface TagRules {
  readonly tags: readonly string[]
  /** `false` if `tags` is the default. */
  readonly tagsAreGiven: boolean
  readonly excludeTags: readonly string[]
  /** `false` if `excludeTags` is the default. */
  readonly excludeTagsAreGiven: boolean
  /** The duration as written: `30d`, `P30D`. */
  readonly olderThan?: string | undefined
  readonly keepLatest: number
  /** `true` if `keep-latest` is given. Tags are deleted only if it or `older-than` is given. */
  readonly keepLatestIsGiven: boolean
  readonly keepLatestPer: 'repository' | 'pattern'
  readonly sortBy: 'created' | 'semver'
  /** Patterns with `{number}`. Empty if the input is not given. */
  readonly closedPullRequests: readonly string[]
  readonly untagged: boolean
}

/** The inputs that cannot be used with a lifecycle policy. */
const RULE_NAMES = [
  'tags',
  'exclude-tags',
  'older-than',
  'keep-latest',
  'keep-latest-per',
  'sort-by',
  'closed-pull-requests',
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
    githubToken: readGitHubToken(reader),
    rules: readLifecyclePolicy(reader) ?? readTagRules(reader)
  }
}

/** The token is not read without the input that needs it, since its default is set in every step. */
function readGitHubToken(reader: InputReader): string | undefined {
  if (!reader.isGiven('closed-pull-requests')) return undefined
  const token = reader.text('github-token')
  if (token !== undefined) return token
  throw problem({
    what: 'Input "github-token" is missing',
    reason: 'Input "closed-pull-requests" requires it.',
    fix: 'Set it to ${{ github.token }}, and add the permission "pull-requests: read" to the job.'
  })
}

function readLifecyclePolicy(
  reader: InputReader
): { readonly lifecyclePolicy: string } | undefined {
  const lifecyclePolicy = reader.text('lifecycle-policy')
  if (lifecyclePolicy === undefined) return undefined
  const conflicting = RULE_NAMES.find((name) => reader.isGiven(name))
  if (conflicting === undefined) return { lifecyclePolicy }
  throw problem({
    what: `Inputs "lifecycle-policy" and "${conflicting}" cannot be used together`,
    reason: `A lifecycle policy replaces the inputs ${RULE_NAMES.join(', ')}.`,
    fix: 'Remove one of the two inputs.'
  })
}

function readTagRules(reader: InputReader): TagRules {
  const rules: TagRules = {
    tags: reader.list('tags') ?? [],
    tagsAreGiven: reader.isGiven('tags'),
    excludeTags: reader.list('exclude-tags') ?? [],
    excludeTagsAreGiven: reader.isGiven('exclude-tags'),
    olderThan: reader.text('older-than'),
    keepLatest: reader.integer('keep-latest'),
    keepLatestIsGiven: reader.isGiven('keep-latest'),
    keepLatestPer: reader.choice('keep-latest-per'),
    sortBy: reader.choice('sort-by'),
    closedPullRequests: reader.list('closed-pull-requests') ?? [],
    untagged: reader.boolean('untagged')
  }
  const isForTags = rules.olderThan !== undefined || rules.keepLatestIsGiven
  if (isForTags || rules.closedPullRequests.length > 0 || rules.untagged) return rules
  throw problem({
    what: 'Mode cleanup-tags requires a rule',
    expected:
      'Use at least one of older-than, keep-latest, closed-pull-requests, untagged, lifecycle-policy.'
  })
}
