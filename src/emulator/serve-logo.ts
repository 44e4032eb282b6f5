import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'
import type { Refusal } from './faults.js'
import { withFault } from './with-fault.js'

/** What a content network answers where it does not give the logo. */
const STATUSES: Readonly<Partial<Record<Refusal, number>>> = { throttle: 429, 'server-error': 503 }

/** Answers the address that `logoUrl` names; fault rules call it `GetLogo`. */
export async function serveLogo(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const operation = 'GetLogo'
  context.log.note(request, { route: operation })
  const refuse = (refusal: Refusal): void => {
    response.writeHead(STATUSES[refusal] ?? 403, { 'content-type': 'text/plain' }).end('No logo\n')
  }
  await withFault(context, { operation, request, response, refuse }, () =>
    sendLogo(request, response, context)
  )
}

async function sendLogo(
  request: IncomingMessage,
  response: ServerResponse,
  { store }: EmulatorContext
): Promise<void> {
  for (const { catalogData } of store.repositories.values()) {
    const { logo } = catalogData
    if (logo === undefined || logo.path !== request.url) continue
    const bytes = await store.blobs.read(logo.digest)
    response
      .writeHead(200, { 'content-type': logo.mediaType, 'content-length': bytes.length })
      .end(request.method === 'HEAD' ? undefined : bytes)
    return
  }
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n')
}
