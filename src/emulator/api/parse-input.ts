import { ApiError } from '../api-error.js'
import { isObject } from '../is-object.js'
import { getShape } from '../model/shapes.js'
import type { Shape, StructureShape } from '../model/shapes.js'

/**
 * Converts JSON to the value of a shape: blobs become buffers, and `null` and unknown members are
 * ignored. The messages are copied from mhart/dynalite, which recorded the front end that AWS
 * services of the same generation share.
 *
 * @throws ApiError (SerializationException) if a type does not match
 */
export function parseInput(name: string, value: unknown): unknown {
  return parseShape(name, getShape(name), value)
}

function parseShape(name: string, shape: Shape, value: unknown): unknown {
  // `BodyParser` has decoded this blob already.
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
  const isValid =
    type === 'boolean'
      ? typeof value === 'boolean'
      : type === 'integer' || type === 'long'
        ? Number.isSafeInteger(value)
        : typeof value === 'string'
  if (!isValid) throw serialization(`${tokenOf(value)} cannot be converted to ${target}`)
  return type === 'blob' ? parseBlob(value as string) : value
}

/** Returns the name that Jackson, the JSON parser of the service, uses for a value. */
function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  return 'STRING_VALUE'
}

/**
 * Decodes standard base64 with padding.
 *
 * @throws ApiError (SerializationException) if the text is not valid base64
 */
export function parseBlob(text: string): Buffer {
  if (text.length % 4 !== 0) {
    throw serialization(
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`
    )
  }
  const bytes = Buffer.from(text, 'base64')
  // Node.js ignores unknown characters and also accepts the URL-safe alphabet.
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

/** Creates the error for a body that is not valid JSON or has values of the wrong type. */
export function serialization(message: string): ApiError {
  return new ApiError('SerializationException', message)
}
