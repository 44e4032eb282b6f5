import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** A service that answers as an emulator does, but for what it changes. */
export interface Liar {
  readonly url: string
  /** How many requests it got. */
  readonly requests: () => number
  readonly close: () => void
}

/**
 * Starts a service between a client and an emulator.
 *
 * @param change makes of an answer what the client gets; answers are numbered from 0 as they were asked for
 */
export async function startLiar(
  emulator: Pick<RunningEmulator, 'url'>,
  change: (body: Buffer, number: number) => Buffer
): Promise<Liar> {
  let requests = 0
  const server: Server = createServer((request, response) => {
    const number = requests++
    forward(request, emulator, (status, headers, body) => {
      const changed = change(body, number)
      answer(response, status, { ...headers, 'content-length': String(changed.length) }, changed)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

type Answer = (status: number, headers: IncomingMessage['headers'], body: Buffer) => void

/** Sends the request on, with the host that it was sent to, so that URIs name that one. */
function forward(
  request: IncomingMessage,
  emulator: Pick<RunningEmulator, 'url'>,
  then: Answer
): void {
  const { method, headers, url = '' } = request
  const onward = httpRequest(`${emulator.url}${url}`, { method, headers }, (answered) => {
    const chunks: Buffer[] = []
    answered.on('data', (chunk: Buffer) => chunks.push(chunk))
    answered.on('end', () =>
      then(answered.statusCode ?? 500, answered.headers, Buffer.concat(chunks))
    )
  })
  onward.on('error', () => void request.socket.destroy())
  request.pipe(onward)
}

function answer(
  response: ServerResponse,
  status: number,
  headers: IncomingMessage['headers'],
  body: Buffer
): void {
  const { 'transfer-encoding': chunked, ...rest } = headers
  response.writeHead(status, chunked === undefined ? headers : rest).end(body)
}
