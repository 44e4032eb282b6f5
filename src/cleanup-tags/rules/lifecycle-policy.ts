import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { isTooDeep, MAX_JSON_DEPTH } from '../../runner/json.js'
import { compileWildcards } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'

/** One rule of a lifecycle policy. */
export interface LifecycleRule {
  readonly priority: number
  readonly tagStatus: 'tagged' | 'untagged' | 'any'
  /** For `tagged`: an image must have, for each of these, a tag that matches. */
  readonly tagMatchers: readonly TextMatcher[]
  readonly count: {
    readonly type: 'imageCountMoreThan' | 'sinceImagePushed'
    readonly number: number
  }
}

/** What private ECR takes (https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html and the API reference of PutLifecyclePolicy). */
const MAX_POLICY_CHARACTERS = 30_720
const MAX_RULES = 50
const MAX_WILDCARDS = 4

/** What ECR Public keeps no record of, or cannot do. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  sinceImagePulled: 'ECR Public does not tell when an image was pulled',
  sinceImageTransitioned: 'ECR Public has no archive to which an image could be moved',
  transition: 'ECR Public has no archive to which an image could be moved',
  archive: 'ECR Public has no archive to which an image could be moved',
  storageClass: 'ECR Public has no storage classes',
  targetStorageClass: 'ECR Public has no storage classes'
}

type Json = Readonly<Record<string, unknown>>

/**
 * Reads the lifecycle policy of a private ECR repository, as PutLifecyclePolicy takes it; the rules come
 * back in the order of their priorities, the first to be applied first.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 *
 * @param name what errors call the policy: its path
 * @throws ActionError naming the rule and the member that are wrong
 */
export function parseLifecyclePolicy(text: string, name: string): LifecycleRule[] {
  if (text.length > MAX_POLICY_CHARACTERS) {
    throw problem({
      what: `Lifecycle policy ${name} is too long`,
      value: `${text.length} characters`,
      expected: `${MAX_POLICY_CHARACTERS} characters`
    })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw problem({ what: `Lifecycle policy ${name} is not JSON` }, error)
  }
  if (isTooDeep(json)) {
    throw problem({
      what: `Lifecycle policy ${name} nests too deep`,
      expected: `at most ${MAX_JSON_DEPTH} levels`
    })
  }
  const policy = new Member(json, `Lifecycle policy ${name}`, '')
  const { rules } = policy.object(['rules'])
  const list = new Member(rules, policy.owner, 'rules').array()
  if (list.length === 0 || list.length > MAX_RULES) {
    throw new Member(rules, policy.owner, 'rules').refusal(
      `1 to ${MAX_RULES} rules`,
      `${list.length}`
    )
  }
  const parsed = list.map((rule, at) => parseRule(rule, ruleName(policy.owner, rule, at)))
  checkTogether(parsed, policy.owner)
  return parsed.map(({ rule }) => rule).sort((a, b) => a.priority - b.priority)
}

/** `…, rule 2 (priority 20)`: people count rules, the service names priorities. */
function ruleName(owner: string, rule: unknown, at: number): string {
  const priority =
    typeof rule === 'object' && rule !== null ? (rule as Json).rulePriority : undefined
  const suffix = typeof priority === 'number' ? ` (priority ${priority})` : ''
  return `${owner}, rule ${at + 1}${suffix}`
}

/** A rule, and what has to be compared between rules. */
interface ParsedRule {
  readonly rule: LifecycleRule
  readonly owner: string
  /** The tag lists as one text; equal ones select the same images. */
  readonly selection: string
}

function parseRule(value: unknown, owner: string): ParsedRule {
  const json = new Member(value, owner, '').object([
    'rulePriority',
    'description',
    'selection',
    'action'
  ])
  const member = (name: string): Member => new Member(json[name], owner, name)
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
  const tagStatus = new Member(selection.tagStatus, owner, 'selection.tagStatus').oneOf([
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

function checkAction(action: Member, owner: string): void {
  const json = action.object(['type', 'targetStorageClass'])
  new Member(json.type, owner, 'action.type').oneOf(['expire'])
  if (json.targetStorageClass !== undefined) {
    throw action.unavailable('targetStorageClass')
  }
}

function parseCount(selection: Json, owner: string): LifecycleRule['count'] {
  const member = (name: string): Member => new Member(selection[name], owner, `selection.${name}`)
  if (selection.storageClass !== undefined) throw member('storageClass').unavailable('storageClass')
  const type = member('countType').oneOf(['imageCountMoreThan', 'sinceImagePushed'])
  const number = member('countNumber').positiveInteger()
  if (type === 'sinceImagePushed') member('countUnit').oneOf(['days'])
  else if (selection.countUnit !== undefined) {
    throw member('countUnit').refusal('none for countType imageCountMoreThan')
  }
  return { type, number }
}

function parseTagLists(selection: Json, tagStatus: string, owner: string): TextMatcher[] {
  const prefixes = new Member(selection.tagPrefixList, owner, 'selection.tagPrefixList')
  const patterns = new Member(selection.tagPatternList, owner, 'selection.tagPatternList')
  const given = [prefixes, patterns].filter(({ value }) => value !== undefined)
  if (tagStatus !== 'tagged') {
    if (given[0] !== undefined) throw given[0].refusal('none unless tagStatus is tagged')
    return []
  }
  if (given.length !== 1) {
    throw prefixes.refusal(
      'exactly one of tagPrefixList and tagPatternList, as tagStatus is tagged'
    )
  }
  if (patterns.value === undefined) {
    return prefixes.texts().map((prefix) => (tag: string) => tag.startsWith(prefix))
  }
  return patterns.texts().map((pattern) => {
    if (pattern.split('*').length - 1 > MAX_WILDCARDS) {
      throw patterns.refusal(`at most ${MAX_WILDCARDS} * in a pattern`, pattern)
    }
    return compileWildcards(pattern)
  })
}

function selectionText({ tagPrefixList, tagPatternList }: Json): string {
  const sorted = (list: unknown): unknown =>
    Array.isArray(list) ? (list as unknown[]).toSorted() : undefined
  return JSON.stringify([sorted(tagPrefixList), sorted(tagPatternList)])
}

/** What holds between rules: unique priorities and selections, and `any` as the last. */
function checkTogether(rules: readonly ParsedRule[], owner: string): void {
  const priorities = new Map<number, string>()
  const selections = new Map<string, string>()
  for (const { rule, owner: name, selection } of rules) {
    const same = priorities.get(rule.priority)
    if (same !== undefined) {
      throw new Member(rule.priority, name, 'rulePriority').refusal('each priority once')
    }
    priorities.set(rule.priority, name)
    const equal = selections.get(selection)
    if (equal !== undefined) {
      throw new Member(undefined, name, 'selection').refusal(
        `another choice of tags than that of ${equal.slice(owner.length + 2)}`
      )
    }
    selections.set(selection, name)
  }
  const last = Math.max(...priorities.keys())
  const early = rules.find(({ rule }) => rule.tagStatus === 'any' && rule.priority !== last)
  if (early !== undefined) {
    throw new Member(early.rule.priority, early.owner, 'rulePriority').refusal(
      `the highest number of all (more than ${last}), as tagStatus is any`
    )
  }
}

/** One member of the JSON, which knows how errors call it. */
class Member {
  constructor(
    readonly value: unknown,
    readonly owner: string,
    private readonly path: string
  ) {}

  refusal(expected: string, value?: string): ActionError {
    const text = value ?? (this.value === undefined ? undefined : JSON.stringify(this.value))
    return problem({
      what: this.path === '' ? this.owner : `${this.owner}, ${this.path}`,
      value: text,
      expected
    })
  }

  /** Refuses by name what private ECR has and ECR Public lacks. */
  unavailable(name: string): ActionError {
    return problem({
      what: `${this.owner}, ${this.path}`,
      value: name,
      expected: `cannot be evaluated: ${UNAVAILABLE[name] ?? 'ECR Public has no data for it'}`,
      fix: 'remove it from the policy for ECR Public'
    })
  }

  object(members: readonly string[]): Json {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      throw this.refusal('a JSON object')
    }
    const unknown = Object.keys(this.value).find((name) => !members.includes(name))
    if (unknown !== undefined) {
      throw this.refusal(`the members ${members.join(', ')}`, unknown)
    }
    return this.value as Json
  }

  array(): readonly unknown[] {
    if (!Array.isArray(this.value)) throw this.refusal('a list')
    return this.value
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.refusal('a text')
    return this.value
  }

  texts(): readonly string[] {
    const list = this.array()
    const isFit = (item: unknown): item is string => typeof item === 'string' && item !== ''
    if (list.length === 0 || !list.every(isFit)) throw this.refusal('a list of texts, not empty')
    return list
  }

  positiveInteger(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 1) {
      throw this.refusal('a whole number of 1 or more')
    }
    return this.value
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const choice = choices.find((candidate) => candidate === this.value)
    if (choice !== undefined) return choice
    if (typeof this.value === 'string' && Object.hasOwn(UNAVAILABLE, this.value)) {
      throw this.unavailable(this.value)
    }
    throw this.refusal(
      choices.length === 1 ? `only ${choices.join('')}` : `one of ${choices.join(', ')}`
    )
  }
}
