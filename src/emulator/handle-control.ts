import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import { readBody } from './read-body.js'
import { applySeed } from './seeds/apply-seed.js'

const MAX_BODY_BYTES = 64 * 1024 * 1024

type Respond = (status: number, value: unknown) => void

/** Performs a request to a control endpoint and returns the body of the response. */
type Control = (context: EmulatorContext, value: unknown) => unknown

/** The control endpoints below `/_emulator/` that require a body. */
const POSTS: Readonly<Record<string, Control>> = {
  'POST faults': ({ faults }, value) => {
    for (const rule of Array.isArray(value) ? value : [value]) faults.add(rule)
    return faults.rules
  },
  'POST seed': (context, value) => {
    applySeed(context, value)
    return { repositories: [...context.store.repositories.keys()] }
  }
}

const OTHERS: Readonly<Record<string, Control>> = {
  'GET health': () => ({ status: 'ok' }),
  'GET requests': ({ log }) => log.entries,
  'DELETE requests': ({ log }) => {
    log.clear()
    return []
  },
  'GET faults': ({ faults }) => faults.rules,
  'DELETE faults': ({ faults }) => {
    faults.clear()
    return []
  }
}

const UNKNOWN_ENDPOINT =
  'The control endpoint does not exist. Use GET health, GET or DELETE requests, GET, POST or DELETE faults, or POST seed.'

/**
 * Handles requests below `/_emulator/`, which tests use to control the emulator. They are not
 * logged.
 */
export async function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const respond: Respond = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(value, null, 2)}\n`)
  }
  const { method = '', url = '' } = request
  const name = `${method} ${url.replace(/^\/_emulator\/|\?.*/g, '')}`
  const post = POSTS[name]
  const other = OTHERS[name]
  if (post !== undefined) return respondToBody(respond, request, (value) => post(context, value))
  if (other !== undefined) respond(200, other(context, undefined))
  else respond(404, { error: UNKNOWN_ENDPOINT })
}

async function respondToBody(
  respond: Respond,
  request: IncomingMessage,
  change: (value: unknown) => unknown
): Promise<void> {
  try {
    const body = await readBody(request, MAX_BODY_BYTES)
    if (body === undefined)
      throw new Error(`The body is too long. Send at most ${MAX_BODY_BYTES} bytes.`)
    respond(200, change(JSON.parse(body.toString())))
  } catch (error) {
    respond(400, { error: error instanceof Error ? error.message : String(error) })
  }
}
