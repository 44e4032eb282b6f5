import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { HttpHandlerOptions } from '@smithy/types'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { createAgents } from '../network/agents.js'

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

/** How the SDK sends its requests: through the environment's proxies, and bounded in time and size. */
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
      const { response } = await inner.handle(request, {
        ...options,
        abortSignal
      })
      response.body = bounded(response.body as Readable, abortSignal)
      return { response }
    }
  }
}

/** The stream, ended with an error where it grows too long, breaks off or the time is over. */
function bounded(body: Readable, signal: AbortSignal): Readable {
  let bytes = 0
  const limit = new Transform({
    signal,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= MAX_RESPONSE_BYTES) done(null, chunk)
      else done(new Error(`The answer is longer than ${MAX_RESPONSE_BYTES} bytes`))
    }
  })
  body.on('error', (error) => limit.destroy(error))
  body.on('aborted', () => limit.destroy(new Error('The connection was closed early')))
  limit.on('close', () => {
    if (!body.readableEnded) body.destroy()
  })
  return body.pipe(limit)
}

/**
 * The bytes of an answer as the handler of `createRequestHandler` gives it, a stream of Node.js. The SDK's own
 * collector first asks for the streams of the web too, which are half a dozen modules more to load.
 */
export async function collectBody(body: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
