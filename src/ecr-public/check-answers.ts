import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { NormalizedSchema } from '@smithy/core/schema'
import { problem } from '../runner/errors.js'

/** Where and how an answer is not what the API's model says; `undefined` where it is. */
type Check = (value: unknown, path: string) => Fault | undefined

interface Fault {
  readonly path: string
  readonly wanted: string
}

/** What the SDK knows of the operation that is under way. */
interface SmithyContext {
  /** Kind, namespace, name, traits, input and output of the operation. */
  readonly operationSchema?: readonly unknown[]
}

/**
 * Refuses answers whose members are of another kind than the API's model says. The SDK hands on what it is sent:
 * a number where a text should be, or nothing in a list, would end as a fault of ours somewhere in a mode.
 */
export function checkAnswers(client: Pick<ECRPUBLICClient, 'middlewareStack'>): void {
  const checks = new Map<string, Check>()
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args)
      const { operationSchema } = (context.__smithy_context ?? {}) as SmithyContext
      const [, , operation, , , output] = operationSchema ?? []
      if (typeof operation !== 'string' || output === undefined) return result
      let check = checks.get(operation)
      if (check === undefined) {
        check = checkFor(NormalizedSchema.of(output as Parameters<typeof NormalizedSchema.of>[0]))
        checks.set(operation, check)
      }
      const fault = check(result.output, operation)
      if (fault === undefined) return result
      throw problem({
        what: 'The endpoint answered something else than the API of ECR Public has',
        value: fault.path,
        expected: `there should be ${fault.wanted}`,
        fix: 'check AWS_ENDPOINT_URL_ECR_PUBLIC, AWS_ENDPOINT_URL and the proxy'
      })
    },
    { step: 'initialize', priority: 'low', name: 'checkAnswers' }
  )
}

function checkFor(schema: NormalizedSchema): Check {
  if (schema.isStructSchema()) return checkForStructure(schema)
  if (schema.isListSchema()) return checkForList(schema)
  if (schema.isStringSchema()) return kind('a text', (value) => typeof value === 'string')
  if (schema.isNumericSchema()) return kind('a number', (value) => typeof value === 'number')
  if (schema.isBooleanSchema()) return kind('true or false', (value) => typeof value === 'boolean')
  if (schema.isTimestampSchema()) {
    return kind('a time', (value) => value instanceof Date && !Number.isNaN(value.getTime()))
  }
  return () => undefined
}

function kind(wanted: string, isGood: (value: unknown) => boolean): Check {
  return (value, path) => (isGood(value) ? undefined : { path, wanted })
}

function checkForStructure(schema: NormalizedSchema): Check {
  const members = Array.from(schema.structIterator(), ([name, member]) => ({
    name,
    check: checkFor(member)
  }))
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { path, wanted: 'an object' }
    }
    for (const { name, check } of members) {
      const member = (value as Readonly<Record<string, unknown>>)[name]
      const fault = member === undefined ? undefined : check(member, `${path}.${name}`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

function checkForList(schema: NormalizedSchema): Check {
  const check = checkFor(schema.getValueSchema())
  return (value, path) => {
    if (!Array.isArray(value)) return { path, wanted: 'a list' }
    for (const [at, item] of value.entries()) {
      const fault = check(item, `${path}[${at}]`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}
