import { readFile } from 'node:fs/promises'
import { messageOf, problem } from '../runner/errors.js'
import type { CleanupTagsInputs, TagRules } from '../runner/inputs/inputs.js'
import { keepLastTag } from './rules/brake.js'
import { parseDuration } from './rules/duration.js'
import { judgeByLifecycle } from './rules/lifecycle.js'
import { parseLifecyclePolicy } from './rules/lifecycle-policy.js'
import { judgeByRules } from './rules/rules.js'
import type { Rules } from './rules/rules.js'
import { compileTagPatterns } from './rules/tag-patterns.js'
import type { Judge } from './look-at-repository.js'

/**
 * Reads the rules of the step: patterns, durations, the policy file. Nothing was called before.
 *
 * @param now the one instant at which everything is judged, in milliseconds since the epoch
 * @throws ActionError for a rule that cannot be used
 */
export async function compileJudge(inputs: CleanupTagsInputs, now: number): Promise<Judge> {
  if ('lifecyclePolicy' in inputs.rules) {
    const policy = await readPolicy(inputs.rules.lifecyclePolicy)
    return {
      judge: (inventory) => keepLastTag(inventory, judgeByLifecycle(inventory, policy, now)),
      includesUntagged: true
    }
  }
  const rules = await compileRules(inputs.rules)
  const mayTakeAll = inputs.rules.keepLatestIsGiven && inputs.rules.keepLatest === 0
  return {
    judge: (inventory) => {
      const judgement = judgeByRules(inventory, rules, now)
      return mayTakeAll ? judgement : keepLastTag(inventory, judgement)
    },
    includesUntagged: rules.untagged
  }
}

async function compileRules(given: TagRules): Promise<Rules> {
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

async function readPolicy(path: string): Promise<ReturnType<typeof parseLifecyclePolicy>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw problem(
      {
        what: 'The file of input "lifecycle-policy" cannot be read',
        value: path,
        expected: messageOf(error),
        fix: 'check the path, and that the repository is checked out before this step'
      },
      error
    )
  }
  return parseLifecyclePolicy(text, path)
}
