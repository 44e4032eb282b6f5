import { request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Sends a request to another server and returns its response. @param target the URL of the server */
export function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url = '', headers } = incoming
  const outgoing = request(new URL(url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  incoming.pipe(outgoing)
}
