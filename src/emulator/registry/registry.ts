import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkAllowed } from '../api/check-allowed.js'
import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { withFault } from '../with-fault.js'
import { authorize } from './authorization.js'
import { answerOperation } from './answer-operation.js'
import { originOf } from './exchange.js'
import type { Exchange } from './exchange.js'
import { apiOperation, isCountedRead, needsAccount, operationName } from './operation-name.js'
import type { RegistryOperation } from './operation-name.js'
import { fromApiError } from './from-api-error.js'
import { countRead } from './pull-rate.js'
import { refusalOf } from './refuse.js'
import { notAuthorized, RegistryError } from './registry-error.js'
import { findRoute } from './route.js'
import type { Route } from './route.js'
import { answerSignedBlob, SIGNED_BLOBS_PATH } from './signed-blobs.js'
import { answerToken } from './token-endpoint.js'

/** Answers `/v2/`, `/token/` and the addresses that redirects of blobs lead to. */
export async function handleRegistry(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const url = new URL(`http://registry.invalid${request.url ?? '/'}`)
  const call = (
    operation: RegistryOperation | undefined,
    handle: () => void | Promise<void>
  ): Promise<void> => answerCall(operation, { request, response, context }, handle)

  if (url.pathname.startsWith(SIGNED_BLOBS_PATH)) {
    return call('DownloadBlob', () => answerSignedBlob(request, response, context, url))
  }
  if (url.pathname === '/token' || url.pathname === '/token/') {
    return call('GetToken', () => answerToken(request, response, context))
  }
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  const route = findRoute(url.pathname)
  const operation = route && operationName(route, request.method ?? '')
  return call(operation, () => {
    const origin = originOf(request)
    const holder = authorize(request, origin, context)
    const { pathname: path, searchParams: query } = url
    const exchange: Exchange = { request, response, context, path, query, origin, holder }
    if (route === undefined) return answerUnknownPath(response)
    if (operation === undefined) throw unsupported()
    return admit(exchange, route, operation)
  })
}

function admit(
  exchange: Exchange,
  route: Route,
  operation: RegistryOperation
): void | Promise<void> {
  const { request, context, holder, origin } = exchange
  if (needsAccount(operation) && holder === 'anonymous') throw notAuthorized(origin)
  const permission = apiOperation(operation)
  if (holder === 'account' && permission !== undefined) {
    checkAllowed(context, permission, { repositoryName: 'name' in route ? route.name : '*' })
  }
  if (isCountedRead(operation)) countRead(request, holder, context)
  return answerOperation(exchange, route, operation)
}

type Parties = Pick<Exchange, 'request' | 'response' | 'context'>

async function answerCall(
  operation: RegistryOperation | undefined,
  parties: Parties,
  handle: () => void | Promise<void>
): Promise<void> {
  const { request, response, context } = parties
  try {
    if (operation === undefined) {
      await handle()
      return
    }
    context.log.note(request, { route: operation })
    await withFault(
      context,
      {
        operation,
        request,
        response,
        refuse: (refusal) => sendError(parties, refusalOf(refusal, operation, request))
      },
      handle
    )
  } catch (error) {
    if (error instanceof RegistryError) sendError(parties, error)
    else if (error instanceof ApiError) sendError(parties, fromApiError(error, context.settings))
    else throw error
  }
}

function sendError({ request, response, context }: Parties, error: RegistryError): void {
  context.log.note(request, { error: error.code })
  response.writeHead(error.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(error.body),
    ...error.headers
  })
  response.end(error.body)
}

/** To the byte as Go's router answers, which stands behind public.ecr.aws (fluxcd/flux#3492). */
function answerUnknownPath(response: ServerResponse): void {
  const body = '404 page not found\n'
  response.writeHead(404, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length
  })
  response.end(body)
}

function unsupported(): RegistryError {
  return new RegistryError('UNSUPPORTED', 'The operation is unsupported.')
}
