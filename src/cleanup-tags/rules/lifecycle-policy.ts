import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { describeSyntaxError } from '../../runner/json-syntax-error.js'
import { isJsonObject, JsonError, parseJson } from '../../runner/json.js'
import type { Json, JsonObject } from '../../runner/json.js'
import { rejectDuplicateMembers } from '../../runner/reject-duplicate-members.js'
import { compileWildcards } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'
import { PolicyMember } from './policy-member.js'

/** One rule of a lifecycle policy. */
export interface LifecycleRule {
  readonly priority: number
  readonly tagStatus: 'tagged' | 'untagged' | 'any'
  /** Only for `tagged`. The rule selects an image if each matcher matches at least one of its tags. */
  readonly tagMatchers: readonly TextMatcher[]
  readonly count: {
    readonly type: 'imageCountMoreThan' | 'sinceImagePushed'
    readonly number: number
  }
}

/** The limits of PutLifecyclePolicy: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
const MAX_POLICY_CHARACTERS = 30_720
const MAX_RULES = 50
const MAX_WILDCARDS = 4

/** The members of the output of `aws ecr get-lifecycle-policy`. */
const CLI_OUTPUT_MEMBERS = [
  'registryId',
  'repositoryName',
  'lifecyclePolicyText',
  'lastEvaluatedAt'
] as const

/**
 * Parses a lifecycle policy of a private ECR repository and returns its rules in the order of their priorities. The text
 * is the policy as PutLifecyclePolicy accepts it, or the output of `aws ecr get-lifecycle-policy`, which contains the
 * policy as a string.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 *
 * @param name the name of the policy for errors, such as its path
 * @throws ActionError that names the invalid rule and member
 */
export function parseLifecyclePolicy(text: string, name: string): LifecycleRule[] {
  const owner = `Lifecycle policy ${name}`
  const json = parsePolicy(text, owner)
  if (Array.isArray(json)) {
    throw problem({
      what: `${owner} is an array`,
      expected: 'Use an object with the member "rules": {"rules": […]}.'
    })
  }
  const { rules } = new PolicyMember(json, owner, '').object(['rules'])
  const list = new PolicyMember(rules, owner, 'rules').array()
  if (list.length === 0 || list.length > MAX_RULES) {
    throw problem({
      what: `${owner} has an invalid number of rules`,
      value: String(list.length),
      expected: `Use 1 to ${MAX_RULES} rules.`
    })
  }
  const parsed = list.map((rule, at) => parseRule(rule, `${owner}: ${ruleName(rule, at)}`))
  checkRules(parsed)
  return parsed.map(({ rule }) => rule).sort((a, b) => a.priority - b.priority)
}

/** Parses the policy, or the string that contains it. */
function parsePolicy(text: string, owner: string): Json {
  const json = parsePolicyJson(text, owner)
  if (typeof json === 'string') {
    checkLength(json, owner)
    return parsePolicyJson(json, `${owner}: the string`)
  }
  if (!isJsonObject(json) || json.lifecyclePolicyText === undefined) {
    checkLength(text, owner)
    return json
  }
  const output = new PolicyMember(json, owner, '').object(CLI_OUTPUT_MEMBERS)
  const inner = new PolicyMember(output.lifecyclePolicyText, owner, 'lifecyclePolicyText').text()
  checkLength(inner, owner)
  return parsePolicyJson(inner, `${owner}: "lifecyclePolicyText"`)
}

/** Checks the length of the policy itself. The string that contains it is longer. */
function checkLength(policy: string, owner: string): void {
  if (policy.length <= MAX_POLICY_CHARACTERS) return
  throw problem({
    what: `${owner} is too long`,
    value: `${policy.length} characters`,
    expected: `Use at most ${MAX_POLICY_CHARACTERS} characters.`
  })
}

function parsePolicyJson(text: string, owner: string): Json {
  try {
    const json = parseJson(text)
    rejectDuplicateMembers(text, owner)
    return json
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    const position = describeSyntaxError(text)
    const reason = position === undefined ? error.message : `The JSON parser reports ${position}.`
    const fix = /,\s*[\]}]/.test(text) ? 'Remove commas before a closing bracket.' : undefined
    throw problem({ what: `${owner} is not valid JSON`, reason, fix }, error)
  }
}

/** Returns `rule 2 (priority 20)`. Authors count rules, and the service identifies them by priority. */
function ruleName(rule: Json, at: number): string {
  const priority = isJsonObject(rule) ? rule.rulePriority : undefined
  return `rule ${at + 1}${typeof priority === 'number' ? ` (priority ${priority})` : ''}`
}

/** A rule with the facts that are compared between rules. */
interface ParsedRule {
  readonly rule: LifecycleRule
  readonly owner: string
  /** The tag status and tag lists as text. Rules with equal texts select the same images. */
  readonly selection: string
}

function parseRule(value: Json, owner: string): ParsedRule {
  const json = new PolicyMember(value, owner, '').object([
    'rulePriority',
    'description',
    'selection',
    'action'
  ])
  const member = (name: string): PolicyMember => new PolicyMember(json[name], owner, name)
  if (json.description !== undefined) member('description').text()
  checkAction(member('action'), owner)
  const selection = member('selection').object([
    'tagStatus',
    'tagPrefixList',
    'tagPatternList',
    'storageClass',
    'countType',
    'countUnit',
    'countNumber'
  ])
  const tagStatus = new PolicyMember(selection.tagStatus, owner, 'selection.tagStatus').oneOf([
    'tagged',
    'untagged',
    'any'
  ])
  return {
    owner,
    selection: `${tagStatus} ${selectionText(selection)}`,
    rule: {
      priority: member('rulePriority').positiveInteger(),
      tagStatus,
      tagMatchers: parseTagLists(selection, tagStatus, owner),
      count: parseCount(selection, owner)
    }
  }
}

function checkAction(action: PolicyMember, owner: string): void {
  const json = action.object(['type', 'targetStorageClass'])
  new PolicyMember(json.type, owner, 'action.type').oneOf(['expire'])
  if (json.targetStorageClass !== undefined) throw action.unsupported('targetStorageClass')
}

function parseCount(selection: JsonObject, owner: string): LifecycleRule['count'] {
  const member = (name: string): PolicyMember =>
    new PolicyMember(selection[name], owner, `selection.${name}`)
  // Infrastructure tools write the default. All images of ECR Public are in it.
  if (selection.storageClass !== undefined) member('storageClass').oneOf(['standard'])
  const type = member('countType').oneOf(['imageCountMoreThan', 'sinceImagePushed'])
  const number = member('countNumber').positiveInteger()
  if (type === 'sinceImagePushed') member('countUnit').oneOf(['days'])
  else if (selection.countUnit !== undefined) {
    throw member('countUnit').invalid('Remove it if countType is imageCountMoreThan.')
  }
  return { type, number }
}

function parseTagLists(selection: JsonObject, tagStatus: string, owner: string): TextMatcher[] {
  const prefixes = new PolicyMember(selection.tagPrefixList, owner, 'selection.tagPrefixList')
  const patterns = new PolicyMember(selection.tagPatternList, owner, 'selection.tagPatternList')
  const given = [prefixes, patterns].filter(({ value }) => value !== undefined)
  if (tagStatus !== 'tagged') {
    if (given[0] !== undefined) throw given[0].invalid('Remove it unless tagStatus is tagged.')
    return []
  }
  if (given.length !== 1) {
    throw prefixes.invalid(
      'Use exactly one of tagPrefixList and tagPatternList if tagStatus is tagged.'
    )
  }
  if (patterns.value === undefined) {
    return prefixes.texts().map((prefix) => (tag: string) => tag.startsWith(prefix))
  }
  return patterns.texts().map((pattern) => {
    if (pattern.split('*').length - 1 > MAX_WILDCARDS) {
      throw patterns.invalid(`Use at most ${MAX_WILDCARDS} wildcards (*) per pattern.`, pattern)
    }
    return compileWildcards(pattern)
  })
}

function selectionText({ tagPrefixList, tagPatternList }: JsonObject): string {
  const sorted = (list: Json | undefined): Json => (Array.isArray(list) ? list.toSorted() : null)
  return JSON.stringify([sorted(tagPrefixList), sorted(tagPatternList)])
}

/** Checks that priorities and selections are unique, and that a rule with tagStatus any is the last. */
function checkRules(rules: readonly ParsedRule[]): void {
  const priorities = new Set<number>()
  const selections = new Map<string, number>()
  for (const [at, { rule, owner, selection }] of rules.entries()) {
    if (priorities.has(rule.priority)) {
      throw new PolicyMember(rule.priority, owner, 'rulePriority').invalid(
        'Use each priority only once.'
      )
    }
    priorities.add(rule.priority)
    const same = selections.get(selection)
    if (same !== undefined) throw sameSelection(owner, rule.tagStatus, same + 1)
    selections.set(selection, at)
  }
  const last = Math.max(...priorities)
  const early = rules.find(({ rule }) => rule.tagStatus === 'any' && rule.priority !== last)
  if (early !== undefined) {
    throw new PolicyMember(early.rule.priority, early.owner, 'rulePriority').invalid(
      `A rule with tagStatus any must have the highest priority number. Use a number greater than ${last}.`
    )
  }
}

function sameSelection(
  owner: string,
  tagStatus: LifecycleRule['tagStatus'],
  number: number
): ActionError {
  if (tagStatus === 'tagged') {
    return problem({
      what: `${owner} selects the same images as rule ${number}`,
      expected: 'Use each selection only once.'
    })
  }
  const selected = tagStatus === 'untagged' ? 'untagged images' : 'images with tagStatus any'
  return problem({
    what: `${owner} selects ${selected}, as rule ${number} does`,
    expected: `Only one rule can select ${selected}.`,
    fix: 'Combine the two rules.'
  })
}
