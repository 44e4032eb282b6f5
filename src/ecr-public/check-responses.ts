import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { NormalizedSchema } from '@smithy/core/schema'
import type { MetadataBearer } from '@smithy/types'
import { problem } from '../runner/errors.js'

/** Returns the first mismatch between a value and the API model, or `undefined`. */
type Check = (value: unknown, path: string) => Mismatch | undefined

interface Mismatch {
  readonly path: string
  /** The expected kind of value, such as `a list` or `present`. */
  readonly expected: string
}

/** The members of an output that this action relies on. The service always returns them. */
const REQUIRED: ReadonlySet<string> = new Set([
  'authorizationData',
  'image',
  'imageDetails',
  'imageTagDetails',
  'registries',
  'repositories',
  'repository'
])

/** The SDK's description of the current operation. */
interface SmithyContext {
  /** The kind, namespace, name, traits, input and output of the operation. */
  readonly operationSchema?: readonly unknown[]
}

/**
 * Rejects responses whose members do not have the types of the API model, or lack a required member. The SDK does not
 * check them, so a number instead of a string would cause an unrelated error later. The SDK also accepts an empty
 * response of any server: a response without a member of the API model must have an AWS request ID.
 */
export function checkResponses(client: Pick<ECRPUBLICClient, 'middlewareStack'>): void {
  const checks = new Map<string, Check>()
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args)
      const { operationSchema } = (context.__smithy_context ?? {}) as SmithyContext
      const [, , operation, , , output] = operationSchema ?? []
      if (typeof operation !== 'string' || output === undefined) return result
      let check = checks.get(operation)
      if (check === undefined) {
        check = checkForOutput(NormalizedSchema.of(output as OutputSchema))
        checks.set(operation, check)
      }
      const mismatch = check(result.output, operation)
      if (mismatch === undefined) return result
      throw problem({
        what: 'The response of the endpoint does not match the ECR Public API',
        value: mismatch.path,
        expected: `The member has to be ${mismatch.expected}.`,
        fix: 'Check AWS_ENDPOINT_URL_ECR_PUBLIC, AWS_ENDPOINT_URL and the proxy.'
      })
    },
    { step: 'initialize', priority: 'low', name: 'checkResponses' }
  )
}

type OutputSchema = Parameters<typeof NormalizedSchema.of>[0]

function checkForOutput(schema: NormalizedSchema): Check {
  const checkMembers = checkFor(schema)
  const names = Array.from(schema.structIterator(), ([name]) => name)
  return (value, path) => {
    const output = value as Readonly<Record<string, unknown>> & MetadataBearer
    const missing = names.find((name) => REQUIRED.has(name) && output[name] === undefined)
    const isEmpty = missing !== undefined || names.every((name) => output[name] === undefined)
    const { $metadata } = output
    if (isEmpty && $metadata.requestId === undefined) {
      throw Object.assign(new Error('The response is empty'), { $metadata })
    }
    if (missing !== undefined) return { path: `${path}.${missing}`, expected: 'present' }
    return checkMembers(value, path)
  }
}

function checkFor(schema: NormalizedSchema): Check {
  if (schema.isStructSchema()) return checkForStructure(schema)
  if (schema.isListSchema()) return checkForList(schema)
  if (schema.isStringSchema()) return kind('a string', (value) => typeof value === 'string')
  if (schema.isNumericSchema()) return kind('a number', (value) => typeof value === 'number')
  if (schema.isBooleanSchema()) return kind('true or false', (value) => typeof value === 'boolean')
  if (schema.isTimestampSchema()) {
    return kind('a time', (value) => value instanceof Date && !Number.isNaN(value.getTime()))
  }
  return () => undefined
}

function kind(expected: string, isGood: (value: unknown) => boolean): Check {
  return (value, path) => (isGood(value) ? undefined : { path, expected })
}

function checkForStructure(schema: NormalizedSchema): Check {
  const members = Array.from(schema.structIterator(), ([name, member]) => ({
    name,
    check: checkFor(member)
  }))
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { path, expected: 'an object' }
    }
    for (const { name, check } of members) {
      const member = (value as Readonly<Record<string, unknown>>)[name]
      const mismatch = member === undefined ? undefined : check(member, `${path}.${name}`)
      if (mismatch !== undefined) return mismatch
    }
    return undefined
  }
}

function checkForList(schema: NormalizedSchema): Check {
  const check = checkFor(schema.getValueSchema())
  return (value, path) => {
    if (!Array.isArray(value)) return { path, expected: 'a list' }
    for (const [at, item] of value.entries()) {
      const mismatch = check(item, `${path}[${at}]`)
      if (mismatch !== undefined) return mismatch
    }
    return undefined
  }
}
