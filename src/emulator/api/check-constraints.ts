import { invalidParameter } from '../api-error.js'
import { getShape } from '../model/shapes.js'
import type { ListShape, ScalarShape } from '../model/shapes.js'

/**
 * Checks an input against the constraints of the model: required members, lengths, ranges,
 * patterns.
 *
 * @throws ApiError (InvalidParameterException) for the first member that violates a constraint
 */
export function checkConstraints(name: string, value: unknown, path = ''): void {
  const shape = getShape(name)
  if (shape.type === 'list') return checkList(shape, value as readonly unknown[], path)
  if (shape.type !== 'structure') {
    const broken = constraintsOf(shape).find(({ holds }) => !holds(value))
    if (broken !== undefined) throw invalidParameter(path, broken.text)
    return
  }
  const members = value as Readonly<Record<string, unknown>>
  const prefix = path === '' ? '' : `${path}.`
  for (const member of shape.required) {
    if (members[member] === undefined) {
      throw invalidParameter(`${prefix}${spell(member)}`, 'Member must not be null')
    }
  }
  for (const [member, memberName] of Object.entries(shape.members)) {
    const item = members[member]
    if (item !== undefined) checkConstraints(memberName, item, `${prefix}${spell(member)}`)
  }
}

function checkList(shape: ListShape, items: readonly unknown[], path: string): void {
  const broken = lengthConstraints(shape).find(({ holds }) => !holds(items))
  if (broken !== undefined) throw invalidParameter(path, broken.text)
  const member = getShape(shape.member)
  for (const [at, item] of items.entries()) {
    const place = `${path}.${String(at + 1)}.member`
    if (item === null) throw invalidParameter(place, 'Member must not be null')
    if (member.type === 'structure' || member.type === 'list') {
      checkConstraints(shape.member, item, place)
      continue
    }
    const constraints = constraintsOf(member)
    if (constraints.every(({ holds }) => holds(item))) continue
    const texts = constraints.map(({ text }) => text).join(', ')
    throw invalidParameter(path, `Member must satisfy constraint: [${texts}]`)
  }
}

interface Constraint {
  readonly text: string
  readonly holds: (value: unknown) => boolean
}

function constraintsOf(shape: ScalarShape): readonly Constraint[] {
  if (shape.type === 'integer' || shape.type === 'long') {
    const number = (value: unknown): number => value as number
    return bounds(shape, 'value', number)
  }
  const { pattern } = shape
  if (pattern === undefined) return lengthConstraints(shape)
  const whole = wholePattern(pattern)
  return [
    ...lengthConstraints(shape),
    {
      text: `Member must satisfy regular expression pattern: ${pattern}`,
      holds: (value) => whole.test(value as string)
    }
  ]
}

function lengthConstraints(shape: { readonly min?: number; readonly max?: number }): Constraint[] {
  return bounds(shape, 'length', (value) => (value as { length: number }).length)
}

function bounds(
  { min, max }: { readonly min?: number; readonly max?: number },
  what: 'length' | 'value',
  measure: (value: unknown) => number
): Constraint[] {
  const constraints: Constraint[] = []
  if (max !== undefined) {
    constraints.push({
      text: `Member must have ${what} less than or equal to ${max}`,
      holds: (value) => measure(value) <= max
    })
  }
  // The service does not list a minimum length of 0 either.
  if (min !== undefined && (min > 0 || what === 'value')) {
    constraints.push({
      text: `Member must have ${what} greater than or equal to ${min}`,
      holds: (value) => measure(value) >= min
    })
  }
  return constraints
}

const patterns = new Map<string, RegExp>()

/**
 * Returns the pattern anchored at both ends, because the service's Java matches the whole value.
 */
function wholePattern(pattern: string): RegExp {
  let regex = patterns.get(pattern)
  if (regex === undefined) {
    regex = new RegExp(`^(?:${pattern})$`)
    patterns.set(pattern, regex)
  }
  return regex
}

/** Returns the name of a member as it appears in messages of the service: `tags.1.member.key`. */
function spell(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1)
}
