import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import { REFUSALS } from './faults.js'
import type { FaultRule, Refusal } from './faults.js'
import {
  dropResponse,
  malformResponse,
  replaceResponse,
  truncateResponse
} from './broken-responses.js'

/** A call that a fault can apply to. */
export interface Call {
  /** The name of the operation in fault rules, such as `PutImage` or `GetManifest`. */
  readonly operation: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Sends the error in the format of the API or the registry. */
  readonly refuse: (refusal: Refusal, rule: FaultRule) => void | Promise<void>
}

/**
 * Handles a call and applies the active fault, if there is one. `handle` receives `true` for the
 * fault `partial`, which only the operation itself can implement.
 */
export async function withFault(
  context: EmulatorContext,
  call: Call,
  handle: (partial: boolean) => void | Promise<void>
): Promise<void> {
  const rule = context.faults.consume(call.operation)
  if (rule === undefined) return handle(false)
  const { fault } = rule
  const { request, response } = call
  context.log.note(request, { fault })
  if (isRefusal(fault)) return call.refuse(fault, rule)
  switch (fault) {
    case 'reset-before':
      request.socket.resetAndDestroy()
      return
    case 'reset-after':
      dropResponse(request, response)
      break
    case 'slow':
      if (!(await isStillThereAfter(rule.delayMs, response))) return
      break
    case 'truncate':
      truncateResponse(request, response)
      break
    case 'malformed':
      malformResponse(response)
      break
    case 'wrong-content-type':
      replaceResponse(response)
      break
    case 'partial':
      return handle(true)
  }
  return handle(false)
}

function isRefusal(fault: string): fault is Refusal {
  return (REFUSALS as readonly string[]).includes(fault)
}

/** Waits for the delay. Returns `false` if the client disconnected in the meantime. */
function isStillThereAfter(delayMs: number, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      response.off('close', gone)
      resolve(true)
    }, delayMs)
    const gone = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    response.once('close', gone)
  })
}
