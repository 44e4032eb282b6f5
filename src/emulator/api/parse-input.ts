import { ApiError } from '../api-error.js'
import { getShape } from '../model/shapes.js'
import type { Shape, StructureShape } from '../model/shapes.js'

/**
 * Turns JSON into the value of a shape: blobs become buffers, `null` members are left out, unknown
 * ones are ignored. The texts are those of the front end that AWS services of this age share, as
 * mhart/dynalite recorded them.
 *
 * @throws ApiError (SerializationException) where a type is wrong
 */
export function parseInput(name: string, value: unknown): unknown {
  return parseShape(name, getShape(name), value)
}

function parseShape(name: string, shape: Shape, value: unknown): unknown {
  // Blobs of a body that was read without JSON.parse.
  if (shape.type === 'blob' && Buffer.isBuffer(value)) return value
  switch (shape.type) {
    case 'structure':
      return parseStructure(name, shape, value)
    case 'list': {
      if (isObject(value)) throw serialization('Start of structure or map found where not expected')
      if (!Array.isArray(value)) throw serialization('Unexpected field type')
      const member = getShape(shape.member)
      return value.map((item: unknown) =>
        item === null ? item : parseShape(shape.member, member, item)
      )
    }
    default:
      return parseScalar(shape.type, value)
  }
}

function parseStructure(name: string, shape: StructureShape, value: unknown): unknown {
  if (Array.isArray(value)) {
    throw serialization(`Unrecognized collection type class com.amazonaws.ecrpublic.${name}`)
  }
  if (!isObject(value)) throw serialization('Unexpected field type')
  const parsed: Record<string, unknown> = {}
  for (const [member, memberName] of Object.entries(shape.members)) {
    const item = value[member]
    if (item === undefined || item === null) continue
    parsed[member] = parseShape(memberName, getShape(memberName), item)
  }
  return parsed
}

const JAVA_TYPES = {
  string: 'String',
  integer: 'Integer',
  long: 'Long',
  boolean: 'Boolean',
  blob: 'Blob',
  timestamp: 'Date'
} as const

function parseScalar(type: keyof typeof JAVA_TYPES, value: unknown): unknown {
  const target = JAVA_TYPES[type]
  if (Array.isArray(value)) {
    throw serialization(`Unrecognized collection type class java.lang.${target}`)
  }
  if (isObject(value)) throw serialization('Start of structure or map found where not expected')
  const isRight =
    type === 'boolean'
      ? typeof value === 'boolean'
      : type === 'integer' || type === 'long'
        ? Number.isSafeInteger(value)
        : typeof value === 'string'
  if (!isRight) throw serialization(`${tokenOf(value)} cannot be converted to ${target}`)
  return type === 'blob' ? parseBlob(value as string) : value
}

/** What Jackson, which reads the JSON there, calls a value. */
function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  return 'STRING_VALUE'
}

/**
 * The bytes of standard base64 with padding.
 *
 * @throws ApiError (SerializationException) where it is none
 */
export function parseBlob(text: string): Buffer {
  if (text.length % 4 !== 0) {
    throw serialization(
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`
    )
  }
  const bytes = Buffer.from(text, 'base64')
  // Node skips what it does not know and takes the URL alphabet too.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (
    bytes.length !== (text.length / 4) * 3 - padding ||
    text.includes('-') ||
    text.includes('_')
  ) {
    throw serialization('Invalid Base64 character found')
  }
  return bytes
}

/** The service's error for JSON that is none, or is of the wrong types. */
export function serialization(message: string): ApiError {
  return new ApiError('SerializationException', message)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
