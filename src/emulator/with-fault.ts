import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import { REFUSALS } from './faults.js'
import type { FaultRule, Refusal } from './faults.js'
import { loseAnswer, malformAnswer, replaceAnswer, truncateAnswer } from './spoiled-answers.js'

/** One call that a fault may strike. */
export interface Call {
  /** What fault rules call it: `PutImage`, `GetManifest`. */
  readonly operation: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Answers in the words of this side of the emulator. */
  readonly refuse: (refusal: Refusal, rule: FaultRule) => void | Promise<void>
}

/**
 * Answers a call, with the fault that is set for it, if one is. `handle` is told of a `partial` fault,
 * which only the operation itself can bring about.
 */
export async function withFault(
  context: EmulatorContext,
  call: Call,
  handle: (partial: boolean) => void | Promise<void>
): Promise<void> {
  const rule = context.faults.take(call.operation)
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
      loseAnswer(request, response)
      break
    case 'slow':
      if (!(await isStillThereAfter(rule.delayMs, response))) return
      break
    case 'truncate':
      truncateAnswer(request, response)
      break
    case 'malformed':
      malformAnswer(response)
      break
    case 'wrong-content-type':
      replaceAnswer(response)
      break
    case 'partial':
      return handle(true)
  }
  return handle(false)
}

function isRefusal(fault: string): fault is Refusal {
  return (REFUSALS as readonly string[]).includes(fault)
}

/** Waits; `false` where the client went away meanwhile. */
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
