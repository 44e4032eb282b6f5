import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { handleApi } from './api/handle-api.js'
import { createBodyMemory } from './body-memory.js'
import type { EmulatorContext } from './context.js'
import { handleControl } from './handle-control.js'
import { Faults } from './faults.js'
import { handleGallery } from './gallery/handle-gallery.js'
import { OPERATION_NAMES } from './model/operations.js'
import { resolveOptions } from './options.js'
import type { EmulatorOptions } from './options.js'
import { REGISTRY_OPERATIONS } from './registry/operation-name.js'
import { handleRegistry } from './registry/handle-registry.js'
import { createTokens } from './registry/tokens.js'
import { RequestLog } from './request-log.js'
import { applySeed } from './seeds/apply-seed.js'
import { LOGO_OPERATION, serveLogo } from './serve-logo.js'
import { Store } from './store/store.js'

export type { EmulatorOptions } from './options.js'

/**
 * Creates a server for the API, the registry and the gallery page. It does not listen yet; closing
 * it closes the store.
 *
 * @throws Error if an option, the seed or the data directory is not valid
 */
export function createEmulator(options: EmulatorOptions = {}): Server {
  const settings = resolveOptions(options)
  const { now } = settings
  const faults = new Faults([...OPERATION_NAMES, ...REGISTRY_OPERATIONS, LOGO_OPERATION])
  for (const rule of options.faults ?? []) faults.add(rule)
  const store = new Store(settings.data, now)
  const context: EmulatorContext = {
    settings,
    store,
    faults,
    log: new RequestLog(now),
    tokens: createTokens(store.key),
    bodies: createBodyMemory(),
    now
  }
  try {
    if (options.seed !== undefined && store.repositories.size === 0) {
      applySeed(context, options.seed)
    }
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
  return server
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
    // stop the server.
    if (!request.destroyed) console.error(error)
    if (response.headersSent) response.destroy()
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal error\n')
  }
}

function dispatch(
  context: EmulatorContext,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> | void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (path.startsWith('/_emulator/')) return handleControl(request, response, context)
  context.log.begin(request, response)
  if (/^\/(v2|token|_blobs)(\/|$)/.test(path)) return handleRegistry(request, response, context)
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (path.startsWith('/logo/')) return serveLogo(request, response, context)
    return handleGallery(request, response, context)
  }
  return handleApi(request, response, context)
}
