import type { CleanupTagsInputs, TagRules } from '../runner/inputs/inputs.js'
import { getLocalText } from '../runner/read-local-file.js'
import type { Decisions } from './rules/decision.js'
import { parseDuration } from './rules/duration.js'
import { evaluateLifecyclePolicy } from './rules/evaluate-lifecycle-policy.js'
import { deletesTags, evaluateTagRules, listPullRequests } from './rules/evaluate-tag-rules.js'
import type { CompiledTagRules } from './rules/evaluate-tag-rules.js'
import type { Inventory, ListedTag } from './rules/inventory.js'
import { keepLastTag } from './rules/keep-last-tag.js'
import { parseLifecyclePolicy } from './rules/lifecycle-policy.js'
import type { LifecycleRule } from './rules/lifecycle-policy.js'
import { compilePullRequestPatterns } from './rules/pull-request-patterns.js'
import type { StepFacts } from './rules/step-facts.js'
import { compileTagPatterns } from './rules/tag-patterns.js'

/** Policies of Amazon ECR have at most 30,720 characters (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html). */
const MAX_POLICY_BYTES = 1024 * 1024

type Env = Readonly<Record<string, string | undefined>>

/** The rules of the step, ready to evaluate. */
export interface Evaluator {
  readonly evaluate: (inventory: Inventory, facts: StepFacts) => Decisions
  /** Returns whether the rules delete a tag. It is not called if untagged images are evaluated too. */
  readonly deletesTags: (inventory: Inventory, facts: StepFacts) => boolean
  /** Whether untagged images are evaluated too. */
  readonly includesUntagged: boolean
  /** Returns the numbers of the pull requests whose states can change a decision on one of the tags. */
  readonly listPullRequests: (tags: readonly ListedTag[], now: number) => number[]
  /** Sentences about rules that can select more than the user expects. */
  readonly warnings: readonly string[]
  /** Returns a sentence for each given pattern that matched no tag in any repository so far. */
  readonly listUnusedPatterns: () => string[]
}

/**
 * Compiles the rules of the step: patterns, durations and the lifecycle policy. It does not call the API.
 *
 * @param env the environment of the step, with the directories that files can be read from
 * @throws ActionError if a rule is not valid
 */
export async function createEvaluator(inputs: CleanupTagsInputs, env: Env): Promise<Evaluator> {
  if ('lifecyclePolicy' in inputs.rules) {
    const policy = await readPolicy(inputs.rules.lifecyclePolicy, env)
    return {
      evaluate: (inventory, facts) =>
        keepLastTag(inventory, evaluateLifecyclePolicy(inventory, policy, facts)),
      deletesTags: () => true,
      includesUntagged: true,
      listPullRequests: () => [],
      warnings: [],
      listUnusedPatterns: () => []
    }
  }
  const given = inputs.rules
  const rules = await compileRules(given)
  return {
    evaluate: (inventory, facts) => evaluateTagRules(inventory, rules, facts),
    deletesTags: (inventory, facts) => deletesTags(inventory, rules, facts),
    includesUntagged: rules.untagged,
    listPullRequests: (tags, now) => listPullRequests(tags, rules, now),
    warnings: warnAboutOtherTags(given),
    listUnusedPatterns: () => [
      ...describeUnused('tags', given.tagsAreGiven ? rules.tags.listUnused() : []),
      ...describeUnused(
        'exclude-tags',
        given.excludeTagsAreGiven ? rules.excludeTags.listUnused() : []
      )
    ]
  }
}

/** `older-than` is a rule for all tags. With `closed-pull-requests` alone, it reads like a condition for these tags only. */
function warnAboutOtherTags(given: TagRules): string[] {
  const { closedPullRequests, olderThan, keepLatestIsGiven, tagsAreGiven } = given
  if (closedPullRequests.length === 0 || olderThan === undefined) return []
  if (keepLatestIsGiven || tagsAreGiven) return []
  return [
    'Input "older-than" also selects tags that "closed-pull-requests" does not match, because "tags" is not set. To delete only tags of pull requests, set "tags" to a pattern that matches no other tags, such as "pr-*".'
  ]
}

function describeUnused(input: string, patterns: readonly string[]): string[] {
  return patterns.map(
    (pattern) =>
      `Input "${input}": the pattern "${pattern}" does not match any tag in the selected repositories.`
  )
}

async function compileRules(given: TagRules): Promise<CompiledTagRules> {
  return {
    tags: await compileTagPatterns(given.tags, 'Input "tags"'),
    excludeTags: await compileTagPatterns(given.excludeTags, 'Input "exclude-tags"'),
    closedPullRequests: compilePullRequestPatterns(given.closedPullRequests),
    olderThan:
      given.olderThan === undefined
        ? undefined
        : parseDuration(given.olderThan, 'Input "older-than"'),
    keepLatest: given.keepLatest,
    keepLatestPer: given.keepLatestPer,
    isForTags: given.olderThan !== undefined || given.keepLatestIsGiven,
    sortBy: given.sortBy,
    untagged: given.untagged
  }
}

/** Reads the policy: the JSON itself, or the path of a file. */
async function readPolicy(input: string, env: Env): Promise<LifecycleRule[]> {
  if (/^(?:["{]|\[\s*[{\]])/.test(input))
    return parseLifecyclePolicy(input, 'in input "lifecycle-policy"')
  const options = { input: 'lifecycle-policy', maxBytes: MAX_POLICY_BYTES, env }
  return parseLifecyclePolicy(await getLocalText(input, options), input)
}
