import { invalidValue } from './invalid-value.js'
import { isObject } from './is-object.js'

/** Faults for which the API and the registry each return an error of their own. */
export const REFUSALS = [
  'throttle',
  'server-error',
  'expired-token',
  'access-denied',
  'clock-skew',
  'invalid-signature'
] as const

/** Faults of the connection, the timing, the bytes of a response or a part of a batch. */
const DISRUPTIONS = [
  'reset-before',
  'reset-after',
  'slow',
  'truncate',
  'malformed',
  'wrong-content-type',
  'partial'
] as const

/** Operations that can report the failure of a part of a batch. */
const BATCHES: readonly string[] = ['BatchDeleteImage', 'BatchCheckLayerAvailability']

/** The default of `delayMs`, in milliseconds. */
const SLOW_MS = 2_000

export type Refusal = (typeof REFUSALS)[number]
export type Disruption = (typeof DISRUPTIONS)[number]
export type FaultName = Refusal | Disruption

/** A fault and when it applies: `count` times, with a probability, or to every request. */
export interface FaultRule {
  /** An operation of the API or the registry, or `*` for all of them. */
  readonly operation: string
  readonly fault: FaultName
  /** How many more times the fault applies. */
  readonly count?: number
  /** From 0 to 1. */
  readonly probability?: number
  /** The seed of the random numbers, for reproducible runs. */
  readonly seed?: number
  /** The delay of `slow`, in milliseconds. */
  readonly delayMs: number
  /**
   * The IAM action that `access-denied` reports as missing. Default: the action of the operation.
   */
  readonly action?: string
}

interface ActiveRule {
  rule: FaultRule
  draw: () => number
}

/** The active fault rules. */
export class Faults {
  private readonly operations: ReadonlySet<string>
  private ruleList: ActiveRule[] = []

  /** @param operations the names that rules can use */
  constructor(operations: Iterable<string>) {
    this.operations = new Set(operations)
  }

  get rules(): readonly FaultRule[] {
    return this.ruleList.map(({ rule }) => rule)
  }

  /**
   * Adds a rule, or all rules of an array.
   *
   * @throws Error if a rule is not valid; no rule is added then
   */
  add(value: unknown): void {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    const rules = values.map((item) => parseFaultRule(item, this.operations))
    this.ruleList.push(...rules.map((rule) => ({ rule, draw: createDraw(rule.seed ?? 1) })))
  }

  clear(): void {
    this.ruleList = []
  }

  /** Returns the rule that applies to this call, if any, and decrements its count. */
  consume(operation: string): FaultRule | undefined {
    for (const active of this.ruleList) {
      if (applies(active, operation)) return active.rule
    }
    return undefined
  }
}

function applies(active: ActiveRule, operation: string): boolean {
  const { rule } = active
  if (rule.operation !== '*' && rule.operation !== operation) return false
  if (rule.fault === 'partial' && !BATCHES.includes(operation)) return false
  if (rule.probability !== undefined && active.draw() >= rule.probability) return false
  if (rule.count === undefined) return true
  if (rule.count === 0) return false
  active.rule = { ...rule, count: rule.count - 1 }
  return true
}

/** Returns a generator of reproducible random numbers from 0 to 1 (mulberry32). */
function createDraw(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function parseFaultRule(value: unknown, operations: ReadonlySet<string>): FaultRule {
  if (!isObject(value)) {
    throw new Error(
      'A fault is not valid. Use a JSON object such as {"operation": "PutImage", "fault": "throttle"}.'
    )
  }
  const { operation, fault, ...rest } = value
  if (typeof operation !== 'string' || !(operation === '*' || operations.has(operation))) {
    throw invalidValue('Fault: "operation"', operation, `* or one of ${[...operations].join(', ')}`)
  }
  const names: readonly string[] = [...REFUSALS, ...DISRUPTIONS]
  if (typeof fault !== 'string' || !names.includes(fault)) {
    throw invalidValue('Fault: "fault"', fault, `one of ${names.join(', ')}`)
  }
  if (fault === 'partial' && operation !== '*' && !BATCHES.includes(operation)) {
    throw new Error(
      `The fault "partial" does not apply to the operation "${operation}". Use ${BATCHES.join(' or ')}.`
    )
  }
  return { operation, fault: fault as FaultName, ...parseRest(rest) }
}

function parseRest(rest: Record<string, unknown>): Omit<FaultRule, 'operation' | 'fault'> {
  const known = ['count', 'probability', 'seed', 'delayMs', 'action']
  const unknown = Object.keys(rest).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(`Fault: The member "${unknown}" is unknown. Use ${known.join(', ')}.`)
  }
  const { count, probability, seed, delayMs, action } = rest
  if (count !== undefined && probability !== undefined) {
    throw new Error('A fault has both "count" and "probability". Use one of them.')
  }
  if (action !== undefined && typeof action !== 'string') {
    throw invalidValue('Fault: "action"', action, 'a string')
  }
  return {
    ...optional('count', count, isCount, 'a whole number of 1 or more'),
    ...optional('probability', probability, (number) => number <= 1, 'a number from 0 to 1'),
    ...optional('seed', seed, Number.isSafeInteger, 'a whole number of 0 or more'),
    delayMs: SLOW_MS,
    ...optional('delayMs', delayMs, (number) => number <= 600_000, 'milliseconds from 0 to 600000'),
    ...(action === undefined ? {} : { action })
  }
}

const isCount = (number: number): boolean => Number.isSafeInteger(number) && number > 0

function optional(
  name: 'count' | 'probability' | 'seed' | 'delayMs',
  value: unknown,
  isGood: (number: number) => boolean,
  expected: string
): Partial<Record<typeof name, number>> {
  if (value === undefined) return {}
  if (typeof value !== 'number' || !(value >= 0) || !isGood(value)) {
    throw invalidValue(`Fault: "${name}"`, value, expected)
  }
  return { [name]: value }
}
