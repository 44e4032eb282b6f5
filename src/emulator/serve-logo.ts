import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from './context.js'

/** Answers the address that `logoUrl` names. */
export async function serveLogo(
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
