import type { CleanupTagsInputs, TagRules } from '../runner/inputs/inputs.js'
import { getLocalFile } from '../runner/read-local-file.js'
import type { Decisions } from './rules/decision.js'
import { parseDuration } from './rules/duration.js'
import { evaluateLifecyclePolicy } from './rules/evaluate-lifecycle-policy.js'
import { evaluateTagRules } from './rules/evaluate-tag-rules.js'
import type { CompiledTagRules } from './rules/evaluate-tag-rules.js'
import type { Inventory } from './rules/inventory.js'
import { keepLastTag } from './rules/keep-last-tag.js'
import { parseLifecyclePolicy } from './rules/lifecycle-policy.js'
import type { LifecycleRule } from './rules/lifecycle-policy.js'
import { compileTagPatterns } from './rules/tag-patterns.js'

/** Policies of Amazon ECR have at most 30,720 characters (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html). */
const MAX_POLICY_BYTES = 1024 * 1024

type Env = Readonly<Record<string, string | undefined>>

/** The rules of the step, ready to evaluate. */
export interface Evaluator {
  readonly evaluate: (inventory: Inventory) => Decisions
  /** Whether untagged images are evaluated too. */
  readonly includesUntagged: boolean
}

/**
 * Compiles the rules of the step: patterns, durations and the lifecycle policy. It does not call the API.
 *
 * @param now the time at which all repositories are evaluated, in milliseconds since the epoch
 * @param env the environment of the step, with the directories that files can be read from
 * @throws ActionError if a rule is not valid
 */
export async function createEvaluator(
  inputs: CleanupTagsInputs,
  now: number,
  env: Env
): Promise<Evaluator> {
  if ('lifecyclePolicy' in inputs.rules) {
    const policy = await readPolicy(inputs.rules.lifecyclePolicy, env)
    return {
      evaluate: (inventory) =>
        keepLastTag(inventory, evaluateLifecyclePolicy(inventory, policy, now)),
      includesUntagged: true
    }
  }
  const rules = await compileRules(inputs.rules)
  const canDeleteAllTags = inputs.rules.keepLatestIsGiven && inputs.rules.keepLatest === 0
  return {
    evaluate: (inventory) => {
      const decisions = evaluateTagRules(inventory, rules, now)
      return canDeleteAllTags ? decisions : keepLastTag(inventory, decisions)
    },
    includesUntagged: rules.untagged
  }
}

async function compileRules(given: TagRules): Promise<CompiledTagRules> {
  return {
    tags: await compileTagPatterns(given.tags, 'Input "tags"'),
    excludeTags: await compileTagPatterns(given.excludeTags, 'Input "exclude-tags"'),
    olderThan:
      given.olderThan === undefined
        ? undefined
        : parseDuration(given.olderThan, 'Input "older-than"'),
    keepLatest: given.keepLatest,
    isForTags: given.olderThan !== undefined || given.keepLatestIsGiven,
    sortBy: given.sortBy,
    untagged: given.untagged
  }
}

async function readPolicy(path: string, env: Env): Promise<LifecycleRule[]> {
  const options = { input: 'lifecycle-policy', maxBytes: MAX_POLICY_BYTES, env }
  const { bytes } = await getLocalFile(path, options)
  return parseLifecyclePolicy(bytes.toString('utf8'), path)
}
