import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, findDiskError } from '../api-error.js'
import { registryHostOf } from '../context.js'
import type { EmulatorContext } from '../context.js'
import { isOperationName } from '../model/operations.js'
import type { OperationName } from '../model/operations.js'
import { performOperation } from '../operations/index.js'
import { readChunks } from '../read-body.js'
import { checkSession } from '../sts/sessions.js'
import { withFault } from '../with-fault.js'
import { authenticate } from './authenticate.js'
import { checkAllowed } from './check-allowed.js'
import { checkConstraints } from './check-constraints.js'
import { omitBlobs } from './omit-blobs.js'
import { BodyParser } from './parse-body.js'
import { parseInput } from './parse-input.js'
import { refusalError } from './refusal-error.js'
import { serializeOutput } from './serialize-output.js'

const CONTENT_TYPE = 'application/x-amz-json-1.1'
const TARGET_PREFIX = 'SpencerFrontendService.'
/** The largest blob of the model (20 MiB) in base64, with space for the rest of the request. */
const MAX_BODY_BYTES = 32 * 1024 * 1024
/** Maximum size of an input in the request log, in bytes. */
const MAX_LOGGED_INPUT_BYTES = 16_384

/** Handles a call of the API. The checks run in the order of the service's front end. */
export async function handleApi(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const isCall = request.method === 'POST' && (request.url ?? '').replace(/\?.*/, '') === '/'
  if (!isCall || !hasRightContentType(request)) {
    request.resume()
    response.writeHead(404, { 'x-amzn-requestid': randomUUID(), 'content-type': 'text/plain' })
    response.end('<UnknownOperationException/>\n')
    return
  }
  const target = String(request.headers['x-amz-target'] ?? '')
  const operation = target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : ''
  const rejectWith = (error: ApiError): void => sendError(context, request, response, error)
  if (!isOperationName(operation)) {
    request.resume()
    rejectWith(new ApiError('UnknownOperationException', ''))
    return
  }
  context.log.note(request, { operation })
  await withFault(
    context,
    {
      operation,
      request,
      response,
      refuse: (refusal, rule) => {
        request.resume()
        rejectWith(refusalError(context, { refusal, rule, operation, response }))
      }
    },
    (partial) => perform(operation, { context, request, response, partial })
  )
}

function hasRightContentType(request: IncomingMessage): boolean {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return type === CONTENT_TYPE
}

interface ApiCall {
  readonly context: EmulatorContext
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly partial: boolean
}

async function perform(operation: OperationName, call: ApiCall): Promise<void> {
  const { context, request, response, partial } = call
  const acquired: Buffer[] = []
  const allocate = (bytes: number): Buffer => {
    const memory = context.bodies.acquire(bytes)
    acquired.push(memory)
    return memory
  }
  try {
    const announced = Number(request.headers['content-length'] ?? 0)
    const body = new BodyParser({ announced: Math.min(announced, MAX_BODY_BYTES), allocate })
    const length = await readChunks(request, MAX_BODY_BYTES, (chunk) => body.write(chunk))
    if (length === undefined) {
      throw new ApiError('RequestEntityTooLargeException', 'Request entity is too large')
    }
    authenticate(request, operation, context.settings.otherRegions)
    checkSession(request, context)
    const inputName = `${operation}Request`
    const json = body.finish()
    const input = parseInput(inputName, json)
    if (length <= MAX_LOGGED_INPUT_BYTES) {
      context.log.note(request, { input: omitBlobs(json, input) })
    }
    checkAllowed(context, operation, input)
    checkConstraints(inputName, input)
    const host = registryHostOf(context, request)
    const output = await performOperation(operation, input, { context, host, partial, operation })
    send(response, 200, serializeOutput(`${operation}Response`, output))
  } catch (error) {
    const apiError = error instanceof ApiError ? error : findDiskError(error)
    if (apiError === undefined) throw error
    sendError(context, request, response, apiError)
  } finally {
    for (const memory of acquired) context.bodies.release(memory)
  }
}

function sendError(
  context: EmulatorContext,
  request: IncomingMessage,
  response: ServerResponse,
  error: ApiError
): void {
  context.log.note(request, { error: error.type })
  const isSerialization = error.type === 'SerializationException'
  const isCoral = isSerialization && context.settings.serializationError === 'coral'
  const type = isCoral ? `com.amazon.coral.service#${error.type}` : error.type
  const text = error.message === '' ? {} : { [isCoral ? 'Message' : 'message']: error.message }
  send(response, error.status, { __type: type, ...error.members, ...text })
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'x-amzn-requestid': randomUUID(),
    'content-type': CONTENT_TYPE,
    'content-length': body.length
  })
  response.end(body)
}
