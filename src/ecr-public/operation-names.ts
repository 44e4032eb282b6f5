import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** The operation of each error, since the errors of the SDK do not contain it. */
const OPERATIONS = new WeakMap<object, string>()

/** Records the operation of each error that the client throws. */
export function recordOperations(client: Pick<ECRPUBLICClient, 'middlewareStack'>): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        const operation = context.commandName?.replace(/Command$/, '')
        if (typeof error === 'object' && error !== null && operation !== undefined) {
          OPERATIONS.set(error, operation)
        }
        throw error
      }
    },
    { step: 'initialize', priority: 'high', name: 'recordOperations' }
  )
}

/** Returns the API operation of an error, such as `DescribeRepositories`, or `undefined`. */
export function findOperation(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null ? OPERATIONS.get(thrown) : undefined
}
