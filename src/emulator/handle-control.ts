import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, findDiskError } from './api-error.js'
import type { Clock } from './clock.js'
import type { EmulatorContext } from './context.js'
import { invalidValue } from './invalid-value.js'
import { isObject } from './is-object.js'
import { parseJson } from './parse-json.js'
import { readBody } from './read-body.js'
import { applySeed } from './seeds/apply-seed.js'
import type { Store } from './store/store.js'

const MAX_BODY_BYTES = 64 * 1024 * 1024

type Respond = (status: number, value: unknown) => void

/** Performs a request to a control endpoint and returns the body of the response. */
type Control = (context: EmulatorContext, value: unknown) => unknown

/** An ID of a snapshot that the emulator does not have. */
class UnknownSnapshotError extends Error {}

/** The control endpoints below `/_emulator/` that change something and read a body. */
const POSTS: Readonly<Record<string, Control>> = {
  'POST faults': ({ faults }, value) => {
    faults.add(value)
    return faults.rules
  },
  'POST seed': (context, value) => {
    applySeed(context, value)
    return { repositories: [...context.store.repositories.keys()] }
  },
  'POST reset': (context, seed) => {
    resetStore(context, seed)
    return { repositories: [...context.store.repositories.keys()] }
  },
  'POST restore': ({ store }, value) => {
    const { id, ...others } = isObject(value) ? value : {}
    if (typeof id !== 'string') throw invalidValue('"id"', id, 'the ID of a snapshot')
    if (Object.keys(others).length > 0) throw invalidValue('The body', value, '{"id": "..."}')
    restoreStore(store, id)
    return { id }
  },
  'POST clock': ({ settings: { clock } }, value) => {
    moveClock(clock, value)
    return { now: clock.now().toISOString() }
  }
}

/** Brings the contents of a snapshot back. @throws Error for an unknown ID */
export function restoreStore(store: Store, id: string): void {
  if (!store.restore(id)) throw new UnknownSnapshotError(`The snapshot does not exist: "${id}".`)
}

/**
 * Deletes the contents of the store and applies a seed, if there is one.
 *
 * @throws Error if the seed is not valid; the store does not change then
 */
export function resetStore(context: EmulatorContext, seed?: unknown): void {
  context.store.transaction(() => {
    context.store.empty()
    if (seed !== undefined) applySeed(context, seed)
  })
}

function moveClock(clock: Clock, value: unknown): void {
  const { advance, now, ...others } = isObject(value) ? value : {}
  if ((advance === undefined) === (now === undefined) || Object.keys(others).length > 0) {
    throw invalidValue('The body', value, '{"advance": "13h"} or {"now": "2026-12-24T00:00:00Z"}')
  }
  if (advance === undefined) clock.set(now)
  else clock.advance(advance)
}

/** The control endpoints that change something and do not have parameters. */
const COMMANDS: Readonly<Record<string, Control>> = {
  'POST snapshot': ({ store }) => ({ id: store.snapshot() }),
  'DELETE requests': ({ log }) => {
    log.clear()
    return []
  },
  'DELETE faults': ({ faults }) => {
    faults.clear()
    return []
  }
}

/** The control endpoints that change nothing. */
const READS: Readonly<Record<string, Control>> = {
  'GET health': () => ({ status: 'ok' }),
  'GET requests': ({ log }) => log.entries,
  'GET clock': ({ settings }) => ({ now: settings.clock.now().toISOString() }),
  'GET faults': ({ faults }) => faults.rules
}

const UNKNOWN_ENDPOINT = `The control endpoint does not exist. Use ${Object.keys({ ...READS, ...COMMANDS, ...POSTS }).join(', ')}.`

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
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  // Programs that wait for a server, such as `wget --spider`, send HEAD.
  const name = `${method === 'HEAD' ? 'GET' : method} ${path.replace(/^\/_emulator\//, '')}`
  const [read, command] = [READS[name], COMMANDS[name]]
  const change = command ?? POSTS[name]
  if (read !== undefined) respond(200, read(context, undefined))
  else if (change === undefined) respond(404, { error: UNKNOWN_ENDPOINT })
  else {
    const usesBody = command === undefined
    await respondToBody(respond, request, (value) => {
      checkQuery(name, query, usesBody)
      if (!usesBody) checkHasNoBody(name, value)
      return change(context, value)
    })
  }
}

/**
 * Rejects a query, which the emulator would ignore. The request would change more than the client expects, for example
 * delete all faults instead of one.
 */
function checkQuery(name: string, query: string, usesBody: boolean): void {
  if (query === '') return
  const way = usesBody ? 'Send JSON in the body instead' : 'Send the request without a query'
  throw ignored(`The query of "${name}"`, query, way)
}

/** Rejects a body that the emulator would ignore. */
function checkHasNoBody(name: string, value: unknown): void {
  if (value == null || (isObject(value) && Object.keys(value).length === 0)) return
  throw ignored(`The body of "${name}"`, value, 'Send the request without a body')
}

function ignored(what: string, value: unknown, fix: string): Error {
  return new Error(
    `${what} is not supported: ${JSON.stringify(value)}. ${fix}. Nothing was changed.`
  )
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
    const value = body.length === 0 ? undefined : parseJson('The body', body.toString())
    respond(200, change(value))
  } catch (error) {
    const reported = findDiskError(error) ?? error
    respond(statusOf(reported), {
      error: reported instanceof Error ? reported.message : String(reported)
    })
  }
}

function statusOf(error: unknown): number {
  if (error instanceof UnknownSnapshotError) return 404
  return error instanceof ApiError ? error.status : 400
}
