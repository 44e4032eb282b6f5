import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'

/** Answers a call of the API. */
export function handleApi(
  _request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> | void {
  response.writeHead(404).end(context.settings.alias)
}
