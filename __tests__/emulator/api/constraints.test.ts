import { OPERATION_NAMES } from '../../../src/emulator/model/operations.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'
import { callApi } from '../call-api.js'
import type { WireJson } from '../call-api.js'
import { MODEL } from '../model/service-model.js'
import type { ModelShape } from '../model/service-model.js'

// The cases are generated from the published model, not from the tables of the emulator: for every
// member of every input, values at, below and above each bound, values of the wrong type, and a
// missing value.

/** Valid values. They do not have to refer to an existing resource. */
const GOOD: Readonly<Record<string, unknown>> = {
  RepositoryName: 'team/app',
  RegistryId: '123456789012',
  RegistryIdOrAlias: 'a1b2c3d4',
  UploadId: '00000000-0000-0000-0000-000000000000',
  LayerDigest: `sha256:${'0'.repeat(64)}`,
  Arn: 'arn:aws:ecr-public::123456789012:repository/team/app',
  MaxResults: 10,
  PartSize: 0,
  ForceFlag: true,
  LayerPartBlob: 'AAAA',
  LogoImageBlob: ''
}

interface Case {
  readonly operation: string
  readonly title: string
  readonly input: unknown
  /** The expected message, or `undefined` if the constraint is met. */
  readonly message: string | undefined
  readonly type: 'InvalidParameterException' | 'SerializationException'
  /** The name of the member in messages. */
  readonly path: string
}

/** Changes one value of a nested input. */
type Put = (value: unknown) => unknown

function shapeOf(name: string): ModelShape {
  return MODEL.shapes[name]!
}

/** Returns the smallest valid value of a shape. */
function good(name: string): unknown {
  if (name in GOOD) return GOOD[name]
  const shape = shapeOf(name)
  if (shape.type === 'structure') {
    const required = shape.required ?? []
    return Object.fromEntries(
      required.map((member) => [member, good(shape.members![member]!.shape)])
    )
  }
  if (shape.type === 'list') return [good(shape.member!.shape)]
  return 'a'.repeat(shape.min ?? 1)
}

/** Returns a text of this length that matches the pattern of the shape, if possible. */
function ofLength(name: string, length: number): unknown {
  const { type, member, pattern } = shapeOf(name)
  if (type === 'list') return Array.from({ length }, () => good(member!.shape))
  if (type === 'blob') return Buffer.alloc(length).toString('base64')
  if (name === 'RepositoryName' || pattern === undefined) return 'a'.repeat(length)
  throw new Error(`How long can ${name} be?`)
}

function spell(path: string): string {
  return path.replace(
    /(^|\.)([A-Z])/g,
    (_all, dot: string, letter: string) => dot + letter.toLowerCase()
  )
}

const WRONG_TYPES: Readonly<Record<string, readonly (readonly [unknown, string])[]>> = {
  string: [
    [23, 'NUMBER_VALUE cannot be converted to String'],
    [1.5, 'DECIMAL_VALUE cannot be converted to String'],
    [true, 'TRUE_VALUE cannot be converted to String'],
    [[], 'Unrecognized collection type class java.lang.String'],
    [{}, 'Start of structure or map found where not expected']
  ],
  integer: [
    ['23', 'STRING_VALUE cannot be converted to Integer'],
    [1.5, 'DECIMAL_VALUE cannot be converted to Integer'],
    [false, 'FALSE_VALUE cannot be converted to Integer'],
    [[], 'Unrecognized collection type class java.lang.Integer']
  ],
  long: [
    ['23', 'STRING_VALUE cannot be converted to Long'],
    [{}, 'Start of structure or map found where not expected']
  ],
  boolean: [
    ['true', 'STRING_VALUE cannot be converted to Boolean'],
    [1, 'NUMBER_VALUE cannot be converted to Boolean']
  ],
  blob: [
    [1, 'NUMBER_VALUE cannot be converted to Blob'],
    ['AAA', 'Base64 encoded length is expected a multiple of 4 bytes but found: 3'],
    ['A*AA', 'Invalid Base64 character found'],
    ['A_AA', 'Invalid Base64 character found']
  ],
  list: [
    ['a', 'Unexpected field type'],
    [1, 'Unexpected field type'],
    [{}, 'Start of structure or map found where not expected']
  ],
  structure: [
    ['a', 'Unexpected field type'],
    [[], 'Unrecognized collection type class com.amazonaws.ecrpublic.']
  ]
}

function casesOf(operation: string): Case[] {
  const inputName = MODEL.operations[operation]!.input.shape
  const base = good(inputName) as Record<string, unknown>
  return memberCases(operation, inputName, '', (value) => ({ ...base, ...(value as object) }), base)
}

function memberCases(
  operation: string,
  name: string,
  path: string,
  put: Put,
  base: Record<string, unknown>
): Case[] {
  const { members, required = [] } = shapeOf(name)
  return Object.entries(members!).flatMap(([member, { shape }]) => {
    const memberPath = path === '' ? member : `${path}.${member}`
    const here: Put = (value) => put({ ...base, [member]: value })
    const make = (title: string, value: unknown, rest: Pick<Case, 'message'> & Partial<Case>) => ({
      operation,
      title: `${memberPath} ${title}`,
      input: here(value),
      type: 'InvalidParameterException' as const,
      path: spell(memberPath),
      ...rest
    })
    const message = (constraint: string): string =>
      `Invalid parameter at '${spell(memberPath)}' failed to satisfy constraint: '${constraint}'`
    const absent = required.includes(member) ? message('Member must not be null') : undefined
    const wrong = WRONG_TYPES[shapeOf(shape).type]!.map(([value, text]) =>
      make(`of the wrong type: ${JSON.stringify(value)}`, value, {
        message: text,
        type: 'SerializationException'
      })
    )
    return [
      make('left out', undefined, { message: absent }),
      make('null', null, { message: absent }),
      ...wrong,
      ...boundCases(shape).map(([title, value, constraint]) =>
        make(title, value, { message: constraint === undefined ? undefined : message(constraint) })
      ),
      ...innerCases(operation, shape, memberPath, here)
    ]
  })
}

/**
 * Returns values at, below and above the bounds of a shape, with the constraint that they violate.
 */
function boundCases(name: string): (readonly [string, unknown, string | undefined])[] {
  const { type, min, max, pattern } = shapeOf(name)
  const isNumber = type === 'integer' || type === 'long'
  const what = isNumber ? 'value' : 'length'
  const value = (size: number): unknown => (isNumber ? size : ofLength(name, size))
  const cases: (readonly [string, unknown, string | undefined])[] = []
  if (max !== undefined) {
    const text = `Member must have ${what} less than or equal to ${String(max)}`
    cases.push([`at its maximum ${String(max)}`, value(max), undefined])
    cases.push([`above its maximum ${String(max)}`, value(max + 1), text])
  }
  if (min !== undefined) cases.push([`at its minimum ${String(min)}`, value(min), undefined])
  if (min !== undefined && (min > 0 || isNumber)) {
    const text = `Member must have ${what} greater than or equal to ${String(min)}`
    cases.push([`below its minimum ${String(min)}`, value(min - 1), text])
  }
  if (pattern !== undefined) {
    const text = `Member must satisfy regular expression pattern: ${pattern}`
    cases.push(['that matches its pattern', good(name), undefined])
    const before = `!${String(good(name))}`
    const after = `${String(good(name))}!`
    cases.push(['with a sign before it', before, text], ['with a sign after it', after, text])
  }
  return cases
}

/** Returns the cases for the items of a list or the members of a structure. */
function innerCases(operation: string, name: string, path: string, put: Put): Case[] {
  const { type, member } = shapeOf(name)
  if (type === 'structure') {
    return memberCases(operation, name, path, put, good(name) as Record<string, unknown>)
  }
  if (type !== 'list') return []
  const itemShape = shapeOf(member!.shape)
  if (itemShape.type === 'structure') {
    const item = good(member!.shape) as Record<string, unknown>
    return memberCases(operation, member!.shape, `${path}.1.member`, (one) => put([one]), item)
  }
  const constraints = boundCases(member!.shape)
  const texts = [...new Set(constraints.flatMap(([, , text]) => text ?? []))].join(', ')
  return [
    ...constraints.map(([title, value, constraint]) => ({
      operation,
      title: `${path} with an item ${title}`,
      input: put([value]),
      type: 'InvalidParameterException' as const,
      path: spell(path),
      message:
        constraint === undefined
          ? undefined
          : `Invalid parameter at '${spell(path)}' failed to satisfy constraint: 'Member must satisfy constraint: [${texts}]'`
    })),
    ...WRONG_TYPES[itemShape.type]!.map(([value, message]) => ({
      operation,
      title: `${path} with an item of the wrong type: ${JSON.stringify(value)}`,
      input: put([value]),
      type: 'SerializationException' as const,
      path: spell(path),
      message
    })),
    {
      operation,
      title: `${path} with null in it`,
      input: put([null]),
      type: 'InvalidParameterException',
      path: spell(path),
      message: `Invalid parameter at '${spell(path)}.1.member' failed to satisfy constraint: 'Member must not be null'`
    }
  ]
}

async function check(emulator: RunningEmulator, one: Case): Promise<void> {
  const { status, ...answer } = await callApi(emulator, one.operation, one.input)
  const json: Partial<WireJson> = answer.json
  const given = { title: one.title, type: json.__type, message: json.message }
  if (one.message === undefined) {
    // The request can fail for another reason, because the referenced resources do not exist.
    const complaint = `Invalid parameter at '${one.path}' failed to satisfy constraint: 'Member must`
    expect(given.message ?? '').not.toContain(complaint)
    expect(given.type ?? '').not.toBe('SerializationException')
    return
  }
  expect(given).toEqual({
    title: one.title,
    type: one.type,
    message:
      one.type === 'SerializationException' ? expect.stringContaining(one.message) : one.message
  })
  expect(status).toBe(400)
}

describe.each(OPERATION_NAMES)('%s', (operation) => {
  const cases = casesOf(operation)
  const memberCount = Object.keys(shapeOf(`${operation}Request`).members!).length

  test(`validates its ${String(memberCount)} members against the model (${String(cases.length)} cases)`, async () => {
    const emulator = await startEmulator()
    for (const one of cases) await check(emulator, one)
    expect(cases.length >= memberCount * 4).toBe(true)
  })
})
