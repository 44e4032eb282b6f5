import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { isJsonObject, JsonError, parseJson, syntaxErrorOf } from '../../runner/json.js'
import type { Json, JsonObject } from '../../runner/json.js'
import { compileWildcards } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'

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

const NO_ARCHIVE = 'ECR Public does not have an archive storage class.'

/** By member or value, why a feature of private ECR cannot be evaluated for ECR Public. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  sinceImagePulled: 'ECR Public does not report when an image was pulled.',
  sinceImageTransitioned: NO_ARCHIVE,
  transition: NO_ARCHIVE,
  archive: NO_ARCHIVE,
  storageClass: 'ECR Public does not have storage classes.',
  targetStorageClass: 'ECR Public does not have storage classes.'
}

/**
 * Parses a lifecycle policy of a private ECR repository, as PutLifecyclePolicy accepts it, and returns its rules in the
 * order of their priorities.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 *
 * @param name the name of the policy for errors: its path
 * @throws ActionError that names the invalid rule and member
 */
export function parseLifecyclePolicy(text: string, name: string): LifecycleRule[] {
  const owner = `Lifecycle policy ${name}`
  const policy = new Member(parsePolicyJson(text, owner), owner, '')
  const { rules } = policy.object(['rules'])
  const list = new Member(rules, owner, 'rules').array()
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

function parsePolicyJson(text: string, owner: string): Json {
  if (text.length > MAX_POLICY_CHARACTERS) {
    throw problem({
      what: `${owner} is too long`,
      value: `${text.length} characters`,
      expected: `Use at most ${MAX_POLICY_CHARACTERS} characters.`
    })
  }
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw problem({ what: `${owner} is not valid JSON`, reason: syntaxErrorOf(error) }, error)
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
  if (json.targetStorageClass !== undefined) throw action.unsupported('targetStorageClass')
}

function parseCount(selection: JsonObject, owner: string): LifecycleRule['count'] {
  const member = (name: string): Member => new Member(selection[name], owner, `selection.${name}`)
  if (selection.storageClass !== undefined) throw member('storageClass').unsupported('storageClass')
  const type = member('countType').oneOf(['imageCountMoreThan', 'sinceImagePushed'])
  const number = member('countNumber').positiveInteger()
  if (type === 'sinceImagePushed') member('countUnit').oneOf(['days'])
  else if (selection.countUnit !== undefined) {
    throw member('countUnit').invalid('Remove it if countType is imageCountMoreThan.')
  }
  return { type, number }
}

function parseTagLists(selection: JsonObject, tagStatus: string, owner: string): TextMatcher[] {
  const prefixes = new Member(selection.tagPrefixList, owner, 'selection.tagPrefixList')
  const patterns = new Member(selection.tagPatternList, owner, 'selection.tagPatternList')
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
      throw new Member(rule.priority, owner, 'rulePriority').invalid('Use each priority only once.')
    }
    priorities.add(rule.priority)
    const same = selections.get(selection)
    if (same !== undefined) {
      throw problem({
        what: `${owner} selects the same images as rule ${same + 1}`,
        expected: 'Use each selection only once.'
      })
    }
    selections.set(selection, at)
  }
  const last = Math.max(...priorities)
  const early = rules.find(({ rule }) => rule.tagStatus === 'any' && rule.priority !== last)
  if (early !== undefined) {
    throw new Member(early.rule.priority, early.owner, 'rulePriority').invalid(
      `A rule with tagStatus any must have the highest priority number. Use a number greater than ${last}.`
    )
  }
}

/** One member of the JSON, with its name for errors. */
class Member {
  constructor(
    readonly value: Json | undefined,
    private readonly owner: string,
    private readonly path: string
  ) {}

  /** Creates the error for an invalid or missing value. `expected` is a full sentence. */
  invalid(expected: string, value = this.valueText()): ActionError {
    const isMissing = this.value === undefined
    const name = `${isMissing ? 'does not have' : 'has an invalid'} "${this.path}"`
    return problem({
      what: `${this.owner} ${this.path === '' ? 'is not valid' : name}`,
      value,
      expected
    })
  }

  private valueText(): string | undefined {
    return this.value === undefined ? undefined : JSON.stringify(this.value)
  }

  /** Creates the error for a feature of private ECR that ECR Public does not have. */
  unsupported(name: string): ActionError {
    return problem({
      what: `${this.owner} uses an unsupported feature in "${this.path}"`,
      value: name,
      reason: UNSUPPORTED[name] ?? 'ECR Public does not have it.',
      fix: 'Remove it from the policy for ECR Public.'
    })
  }

  object(members: readonly string[]): JsonObject {
    if (!isJsonObject(this.value)) throw this.invalid('Use a JSON object.')
    const unknown = Object.keys(this.value).find((name) => !members.includes(name))
    if (unknown !== undefined) {
      const place = this.path === '' ? '' : ` in "${this.path}"`
      throw problem({
        what: `${this.owner} has an unknown member${place}`,
        value: unknown,
        expected: `Use only these members: ${members.join(', ')}.`
      })
    }
    return this.value
  }

  array(): readonly Json[] {
    if (!Array.isArray(this.value)) throw this.invalid('Use a list.')
    return this.value
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.invalid('Use a string.')
    return this.value
  }

  texts(): readonly string[] {
    const list = this.array()
    const isText = (item: Json): item is string => typeof item === 'string' && item !== ''
    if (list.length === 0 || !list.every(isText)) {
      throw this.invalid('Use a list of one or more strings that are not empty.')
    }
    return list
  }

  positiveInteger(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 1) {
      throw this.invalid('Use a whole number of 1 or more.')
    }
    return this.value
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const choice = choices.find((candidate) => candidate === this.value)
    if (choice !== undefined) return choice
    if (typeof this.value === 'string' && Object.hasOwn(UNSUPPORTED, this.value)) {
      throw this.unsupported(this.value)
    }
    throw this.invalid(
      choices.length === 1 ? `Use "${choices.join('')}".` : `Use one of ${choices.join(', ')}.`
    )
  }
}
