import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { HttpHandlerOptions } from '@smithy/types'
import type { IncomingMessage } from 'node:http'
import { createAgents } from '../network/agents.js'
import { readBody } from '../network/read-body.js'

/** How long connecting may take, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 10_000
/** How long a connection may stay silent, in milliseconds; the SDK's default is for ever. */
const SOCKET_TIMEOUT_MS = 60_000
/** How long one attempt may take in all, in milliseconds: a part of 10 MiB on a slow link included. */
const ATTEMPT_TIMEOUT_MS = 300_000
/** The longest answer that is read; the largest real ones are manifests (4 MiB, quoted) and pages of 1,000. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

type Send = NodeHttpHandler['handle']

/** What the SDK needs of whoever sends its requests. */
export interface RequestHandler {
  readonly metadata: NodeHttpHandler['metadata']
  destroy(): void
  handle(request: Parameters<Send>[0], options?: HttpHandlerOptions): ReturnType<Send>
}

/**
 * How the SDK sends its requests: through the environment's proxies, and bounded in time and size. Answers
 * are given whole: no operation of the API has one to stream.
 */
export function createRequestHandler(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal
): RequestHandler {
  const inner = new NodeHttpHandler(async () => {
    const agents = await createAgents(env)
    return {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS
    }
  })
  return {
    metadata: inner.metadata,
    destroy: () => inner.destroy(),
    handle: async (request, options) => {
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)])
      const { response } = await inner.handle(request, { ...options, abortSignal })
      const body = response.body as IncomingMessage
      response.body = await readBody(body, MAX_RESPONSE_BYTES, tooLong, abortSignal)
      return { response }
    }
  }
}

const tooLong = (): Error => new Error(`The answer is longer than ${MAX_RESPONSE_BYTES} bytes`)
