import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'

/** Answers the pages that a person looks at. */
export function handleGallery(
  _request: IncomingMessage,
  response: ServerResponse,
  _context: EmulatorContext
): Promise<void> | void {
  response.writeHead(404).end()
}
