import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import type { Refusal } from './faults.js'
import { withFault } from './with-fault.js'

/** The status codes that a CDN returns instead of the logo. */
const STATUSES: Readonly<Partial<Record<Refusal, number>>> = { throttle: 429, 'server-error': 503 }

/** The operation of a logo request in fault rules and in the request log. */
export const LOGO_OPERATION = 'GetLogo'

/** Serves a logo at its `logoUrl`. */
export async function serveLogo(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  context.log.note(request, { route: LOGO_OPERATION })
  const refuse = (refusal: Refusal): void => {
    response.writeHead(STATUSES[refusal] ?? 403, { 'content-type': 'text/plain' }).end('No logo\n')
  }
  await withFault(context, { operation: LOGO_OPERATION, request, response, refuse }, () =>
    sendLogo(request, response, context)
  )
}

function sendLogo(
  request: IncomingMessage,
  response: ServerResponse,
  { store }: EmulatorContext
): void {
  for (const { catalogData } of store.repositories.values()) {
    const { logo } = catalogData
    if (logo === undefined || logo.path !== request.url) continue
    const bytes = store.blobs.read(logo.digest)
    response
      .writeHead(200, { 'content-type': logo.mediaType, 'content-length': bytes.length })
      .end(request.method === 'HEAD' ? undefined : bytes)
    return
  }
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n')
}
