/** The faults that stand for an answer of the service, which each side words in its own way. */
export const REFUSALS = [
  'throttle',
  'server-error',
  'expired-token',
  'access-denied',
  'clock-skew',
  'invalid-signature'
] as const

/** What else can go wrong: the connection, the time, the bytes, or a part of a batch. */
const DISTURBANCES = [
  'reset-before',
  'reset-after',
  'slow',
  'truncate',
  'malformed',
  'wrong-content-type',
  'partial'
] as const

/** The operations whose answer can say that a part of the batch failed. */
const BATCHES: readonly string[] = ['BatchDeleteImage', 'BatchCheckLayerAvailability']

/** The default of `delayMs`. */
const SLOW_MS = 2_000

export type Refusal = (typeof REFUSALS)[number]
export type Disturbance = (typeof DISTURBANCES)[number]
export type FaultName = Refusal | Disturbance

/** A fault and when it strikes: `count` times, or with a probability, or (with neither) always. */
export interface FaultRule {
  /** An operation of the API, a route of the registry side, or `*` for all of them. */
  readonly operation: string
  readonly fault: FaultName
  /** How often it still strikes. */
  readonly count?: number
  /** 0 to 1. */
  readonly probability?: number
  /** What the draws follow from, so that a run can be repeated. */
  readonly seed?: number
  /** For `slow`, in milliseconds. */
  readonly delayMs: number
  /** For `access-denied`: the IAM action that is said to be missing, instead of the operation's own. */
  readonly action?: string
}

interface ActiveRule {
  rule: FaultRule
  draw: () => number
}

/** The faults that are set. */
export class Faults {
  private readonly operations: ReadonlySet<string>
  private ruleList: ActiveRule[] = []

  /** @param operations the names that rules may use */
  constructor(operations: Iterable<string>) {
    this.operations = new Set(operations)
  }

  get rules(): readonly FaultRule[] {
    return this.ruleList.map(({ rule }) => rule)
  }

  /**
   * Sets one more fault.
   *
   * @throws Error saying what is wrong with the rule
   */
  add(value: unknown): FaultRule {
    const rule = parseFaultRule(value, this.operations)
    this.ruleList.push({ rule, draw: createDraw(rule.seed ?? 1) })
    return rule
  }

  clear(): void {
    this.ruleList = []
  }

  /** The fault that strikes this call, if one does; a rule with a count is used up by it. */
  take(operation: string): FaultRule | undefined {
    for (const active of this.ruleList) {
      if (strikes(active, operation)) return active.rule
    }
    return undefined
  }
}

function strikes(active: ActiveRule, operation: string): boolean {
  const { rule } = active
  if (rule.operation !== '*' && rule.operation !== operation) return false
  if (rule.fault === 'partial' && !BATCHES.includes(operation)) return false
  if (rule.probability !== undefined && active.draw() >= rule.probability) return false
  if (rule.count === undefined) return true
  if (rule.count === 0) return false
  active.rule = { ...rule, count: rule.count - 1 }
  return true
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('A fault is a JSON object: {"operation": "PutImage", "fault": "throttle"}')
  }
  const { operation, fault, ...rest } = value as Record<string, unknown>
  if (typeof operation !== 'string' || !(operation === '*' || operations.has(operation))) {
    throw new Error(`operation is ${text(operation)}; it takes * or ${[...operations].join(', ')}`)
  }
  const names: readonly string[] = [...REFUSALS, ...DISTURBANCES]
  if (typeof fault !== 'string' || !names.includes(fault)) {
    throw new Error(`fault is ${text(fault)}; it takes ${names.join(', ')}`)
  }
  if (fault === 'partial' && operation !== '*' && !BATCHES.includes(operation)) {
    throw new Error(`partial is for ${BATCHES.join(' and ')}; ${operation} has no parts`)
  }
  return { operation, fault: fault as FaultName, ...parseRest(rest) }
}

function parseRest(rest: Record<string, unknown>): Omit<FaultRule, 'operation' | 'fault'> {
  const known = ['count', 'probability', 'seed', 'delayMs', 'action']
  const strange = Object.keys(rest).find((name) => !known.includes(name))
  if (strange !== undefined) throw new Error(`${strange} is unknown; known: ${known.join(', ')}`)
  const { count, probability, seed, delayMs, action } = rest
  if (count !== undefined && probability !== undefined) {
    throw new Error('count and probability exclude each other')
  }
  if (action !== undefined && typeof action !== 'string') throw new Error('action is no text')
  return {
    ...optional('count', count, Number.isSafeInteger, 'a whole number from 0'),
    ...optional('probability', probability, (number) => number <= 1, 'a number from 0 to 1'),
    ...optional('seed', seed, Number.isSafeInteger, 'a whole number from 0'),
    delayMs: SLOW_MS,
    ...optional('delayMs', delayMs, (number) => number <= 600_000, 'milliseconds, up to 600000'),
    ...(action === undefined ? {} : { action })
  }
}

function optional(
  name: 'count' | 'probability' | 'seed' | 'delayMs',
  value: unknown,
  isGood: (number: number) => boolean,
  allowed: string
): Partial<Record<typeof name, number>> {
  if (value === undefined) return {}
  if (typeof value !== 'number' || !(value >= 0) || !isGood(value)) {
    throw new Error(`${name} is ${text(value)}; it takes ${allowed}`)
  }
  return { [name]: value }
}

function text(value: unknown): string {
  return value === undefined ? 'not given' : JSON.stringify(value)
}
