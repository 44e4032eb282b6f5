import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkAllowed } from '../api/check-allowed.js'
import { ApiError, findDiskError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { withFault } from '../with-fault.js'
import { authorize } from './authorize.js'
import { handleOperation } from './handle-operation.js'
import { originOf } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { apiOperation, isCountedRead, needsAccount, operationName } from './operation-name.js'
import type { RegistryOperation } from './operation-name.js'
import { fromApiError } from './from-api-error.js'
import { countRead } from './pull-rate.js'
import { refusalError } from './refusal-error.js'
import { notAuthorized, RegistryError, unsupported } from './registry-error.js'
import { findRoute } from './route.js'
import type { Route } from './route.js'
import { handleSignedBlob, SIGNED_BLOBS_PATH } from './signed-blobs.js'
import { handleToken } from './handle-token.js'

/** Handles `/v2/`, `/token/` and the signed URLs of blobs. */
export async function handleRegistry(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const url = new URL(`http://registry.invalid${request.url ?? '/'}`)
  const handleAs = (
    operation: RegistryOperation | undefined,
    handle: () => void | Promise<void>
  ): Promise<void> => handleCall(operation, { request, response, context }, handle)

  if (url.pathname.startsWith(SIGNED_BLOBS_PATH)) {
    return handleAs('DownloadBlob', () => handleSignedBlob(request, response, context, url))
  }
  if (url.pathname === '/token' || url.pathname === '/token/') {
    return handleAs('GetToken', () => handleToken(request, response, context))
  }
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  const route = findRoute(url.pathname)
  const operation = route && operationName(route, request.method ?? '')
  return handleAs(operation, () => {
    const origin = originOf(request)
    const holder = authorize(request, origin, context)
    const { pathname: path, searchParams: query } = url
    const call: RegistryCall = { request, response, context, path, query, origin, holder }
    if (route === undefined) return sendNotFound(response)
    if (operation === undefined) throw unsupported()
    return admit(call, route, operation)
  })
}

function admit(
  call: RegistryCall,
  route: Route,
  operation: RegistryOperation
): void | Promise<void> {
  const { request, context, holder, origin } = call
  if (needsAccount(operation) && holder === 'anonymous') throw notAuthorized(origin)
  const permission = apiOperation(operation)
  if (holder === 'account' && permission !== undefined) {
    checkAllowed(context, permission, { repositoryName: 'name' in route ? route.name : '*' })
  }
  if (isCountedRead(operation)) countRead(request, holder, context)
  return handleOperation(call, route, operation)
}

type Parties = Pick<RegistryCall, 'request' | 'response' | 'context'>

async function handleCall(
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
        refuse: (refusal) => sendError(parties, refusalError(refusal, operation, request))
      },
      handle
    )
  } catch (error) {
    const apiError = error instanceof ApiError ? error : findDiskError(error)
    if (error instanceof RegistryError) sendError(parties, error)
    else if (apiError !== undefined) sendError(parties, fromApiError(apiError, context.settings))
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

/** The response of Go's router, which public.ecr.aws uses (fluxcd/flux#3492). */
function sendNotFound(response: ServerResponse): void {
  const body = '404 page not found\n'
  response.writeHead(404, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length
  })
  response.end(body)
}
