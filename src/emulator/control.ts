import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import { readBody } from './read-body.js'
import { applySeed } from './seeds/apply-seed.js'

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** The control endpoints below `/_emulator/`: a tool of tests, which the API does not show. */
export async function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const answer = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(value, null, 2)}\n`)
  }
  const { faults, log } = context
  switch (`${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`) {
    case 'GET /_emulator/health': {
      answer(200, { status: 'ok' })
      return
    }
    case 'GET /_emulator/requests': {
      answer(200, log.entries)
      return
    }
    case 'DELETE /_emulator/requests':
      log.clear()
      {
        answer(200, [])
        return
      }
    case 'GET /_emulator/faults': {
      answer(200, faults.rules)
      return
    }
    case 'DELETE /_emulator/faults':
      faults.clear()
      {
        answer(200, [])
        return
      }
    case 'POST /_emulator/faults':
      return attempt(answer, request, (value) => {
        for (const rule of Array.isArray(value) ? value : [value]) faults.add(rule)
        return faults.rules
      })
    case 'POST /_emulator/seed':
      return attempt(answer, request, (value) => {
        applySeed(context, value)
        return { repositories: [...context.store.repositories.keys()] }
      })
    default: {
      answer(404, {
        error: 'Known: GET health; GET, DELETE requests; GET, POST, DELETE faults; POST seed'
      })
      return
    }
  }
}

async function attempt(
  answer: (status: number, value: unknown) => void,
  request: IncomingMessage,
  change: (value: unknown) => unknown
): Promise<void> {
  try {
    const body = await readBody(request, MAX_BODY_BYTES)
    if (body === undefined) throw new Error(`The body is longer than ${MAX_BODY_BYTES} bytes`)
    answer(200, change(JSON.parse(body.toString())))
  } catch (error) {
    answer(400, { error: error instanceof Error ? error.message : String(error) })
  }
}
