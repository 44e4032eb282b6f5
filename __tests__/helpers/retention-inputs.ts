import type { PolicyRule, RuleInputs } from './retention-model.js'
import { TOKEN } from './start-github.js'

const MINUTE = 60_000

/** Returns the text of a lifecycle policy. */
export function policyText(policy: readonly PolicyRule[]): string {
  return JSON.stringify({ rules: policy.map(policyRule) })
}

function policyRule({ select, count, days }: PolicyRule, at: number): unknown {
  const tags = typeof select === 'string' ? {} : { tagPrefixList: select }
  return {
    rulePriority: 10 * (at + 1),
    selection: {
      tagStatus: typeof select === 'string' ? select : 'tagged',
      ...tags,
      ...(days === undefined
        ? { countType: 'imageCountMoreThan', countNumber: count }
        : { countType: 'sinceImagePushed', countUnit: 'days', countNumber: days })
    },
    action: { type: 'expire' }
  }
}

/** Returns the inputs of tag rules. */
export function ruleInputs(rules: RuleInputs): Record<string, string> {
  const { tags, excludeTags, olderThan, keepLatest, keepLatestPer, sortBy, untagged } = rules
  const claims = { 'closed-pull-requests': rules.claims.join('\n'), 'github-token': TOKEN }
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(excludeTags === undefined ? {} : { 'exclude-tags': excludeTags }),
    ...(olderThan === undefined ? {} : { 'older-than': `${olderThan / MINUTE}m` }),
    ...(keepLatest === undefined ? {} : { 'keep-latest': String(keepLatest) }),
    'keep-latest-per': keepLatestPer,
    ...(rules.claims.length > 0 ? claims : {}),
    'sort-by': sortBy,
    untagged: String(untagged)
  }
}
