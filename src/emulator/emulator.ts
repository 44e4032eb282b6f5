import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { handleApi } from './api/handle-api.js'
import { createBodyMemory } from './body-memory.js'
import { findForeignOrigin } from './check-origin.js'
import type { EmulatorContext } from './context.js'
import { handleControl } from './handle-control.js'
import { Faults } from './faults.js'
import { handleGallery } from './gallery/handle-gallery.js'
import { OPERATION_NAMES } from './model/operations.js'
import type { EmulatorOptions } from './options.js'
import { REGISTRY_OPERATIONS } from './registry/operation-name.js'
import { handleRegistry } from './registry/handle-registry.js'
import { createTokens } from './registry/tokens.js'
import { RequestLog } from './request-log.js'
import { resolveOptions } from './resolve-options.js'
import { applySeed } from './seeds/apply-seed.js'
import { LOGO_OPERATION, serveLogo } from './serve-logo.js'
import { lockDirectory } from './store/data-lock.js'
import { Store } from './store/store.js'
import { handleIdToken, isIdTokenRequest } from './sts/handle-id-token.js'
import { handleSts, isStsCall, STS_OPERATIONS } from './sts/handle-sts.js'
import { createIdentityTokens } from './sts/identity-tokens.js'

export type { EmulatorOptions } from './options.js'

/** A server that does not listen yet. Closing it closes the store. */
export interface EmulatorServer {
  readonly server: Server
  readonly context: EmulatorContext
  /** `true` if the seed was not applied, because the store contains repositories. */
  readonly ignoredSeed: boolean
}

/**
 * Creates a server for the API, the registry and the gallery page.
 *
 * @throws Error if an option or the seed is not valid, or the data directory is in use or damaged
 */
export async function createEmulatorServer(options: EmulatorOptions = {}): Promise<EmulatorServer> {
  const settings = resolveOptions(options)
  const { now } = settings.clock
  const faults = new Faults([
    ...OPERATION_NAMES,
    ...REGISTRY_OPERATIONS,
    ...STS_OPERATIONS,
    LOGO_OPERATION
  ])
  faults.add(options.faults ?? [])
  const locked = settings.data === undefined ? undefined : await lockDirectory(settings.data)
  const store = new Store(settings.data, now, locked)
  const context: EmulatorContext = {
    settings,
    store,
    faults,
    log: new RequestLog(now),
    tokens: createTokens(store.key),
    identityTokens: createIdentityTokens(now),
    bodies: createBodyMemory(),
    now
  }
  const ignoredSeed = options.seed !== undefined && store.repositories.size > 0
  try {
    if (options.seed !== undefined && !ignoredSeed) applySeed(context, options.seed)
  } catch (error) {
    store.close()
    throw error
  }
  const server = createServer((request, response) => void handle(context, request, response))
  // Uploading a part of a layer can take any time.
  server.requestTimeout = 0
  // By default, Node.js closes idle connections after 5 seconds. A slow client would see a
  // connection reset.
  server.keepAliveTimeout = 0
  server.on('close', () => store.close())
  return { server, context, ignoredSeed }
}

async function handle(
  context: EmulatorContext,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  response.setHeader('date', context.now().toUTCString())
  try {
    await dispatch(context, request, response)
  } catch (error) {
    // Usually the client has disconnected. Any other error is a bug of the emulator and must not
    // stop the server. `request.destroyed` is also true after the whole body was read.
    if (!request.socket.destroyed) console.error(error)
    if (response.headersSent) response.destroy()
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal error\n')
  }
}

function refuseForeignOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  reason: string
): void {
  request.resume()
  response.writeHead(403, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify({ error: reason })}\n`)
}

function dispatch(
  context: EmulatorContext,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> | void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const isRegistry = /^\/(v2|token|_blobs)(\/|$)/.test(path)
  const isPage = request.method === 'GET' || request.method === 'HEAD'
  if (path.startsWith('/_emulator/') || (!isRegistry && !isPage)) {
    const reason = findForeignOrigin(request, context.settings.registryHost)
    if (reason !== undefined) return refuseForeignOrigin(request, response, reason)
  }
  if (isIdTokenRequest(request)) return handleIdToken(request, response, context)
  if (path.startsWith('/_emulator/')) return handleControl(request, response, context)
  context.log.begin(request, response)
  if (isRegistry) return handleRegistry(request, response, context)
  if (isPage) {
    if (path.startsWith('/logo/')) return serveLogo(request, response, context)
    return handleGallery(request, response, context)
  }
  if (path === '/' && isStsCall(request)) return handleSts(request, response, context)
  return handleApi(request, response, context)
}
