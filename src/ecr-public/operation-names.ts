import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** The operation in which an error was thrown: the SDK's own errors do not tell. */
const OPERATIONS = new WeakMap<object, string>()

/** Lets the client's errors be asked for their operation. */
export function nameOperations(client: Pick<ECRPUBLICClient, 'middlewareStack'>): void {
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
    { step: 'initialize', priority: 'high', name: 'nameOperations' }
  )
}

/** The API operation that threw this error (`DescribeRepositories`), or `undefined`. */
export function findOperation(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null ? OPERATIONS.get(thrown) : undefined
}
