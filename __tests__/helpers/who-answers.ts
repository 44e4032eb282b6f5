import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net'
import { runAction } from './run-action.js'

const servers: Server[] = []
const tcpServers: TcpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  for (const server of tcpServers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/**
 * Starts a server and returns its `HOST:PORT`.
 *
 * @param connect the status line of responses to CONNECT. Without it, the server closes the connection
 */
export async function serve(listener: RequestListener, connect?: string): Promise<string> {
  const server = createServer(listener)
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined)
    if (connect === undefined || connect === '') socket.destroy()
    else socket.end(`HTTP/1.1 ${connect}\r\n\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers the first data of a connection, such as a TLS handshake, with a text. */
function answer(socket: Socket, text: string): void {
  socket.on('error', () => undefined)
  socket.once('data', () => socket.end(text))
}

/** Starts a server without TLS that answers any data with a text. Returns its `HOST:PORT`. */
export async function serveText(text: string): Promise<string> {
  const server = createTcpServer((socket) => answer(socket, text))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  tcpServers.push(server)
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Starts a proxy that accepts CONNECT and answers the data in the tunnel with a text. Returns its `HOST:PORT`. */
export async function serveTunnel(text: string): Promise<string> {
  const server = createServer()
  server.on('connect', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    answer(socket, text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Data that is not TLS. */
export const NOT_TLS: readonly (readonly [string, string])[] = [
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'],
  ['HTML', '<html><body>blocked</body></html>'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n']
]

/** A TLS alert `handshake_failure` (RFC 8446, section 6.2). */
export const TLS_ALERT = '\x15\x03\x01\x00\x02\x02\x28'

/** How a server that is not the expected one, or that fails, answers any request. */
export const ANSWERS = {
  '403 without a body': (_request, response) => void response.writeHead(403).end(),
  '404 with HTML': (_request, response) => void response.writeHead(404).end('<html>'),
  '503 without a body': (_request, response) => void response.writeHead(503).end(),
  '503 with HTML': (_request, response) => void response.writeHead(503).end('<html>'),
  '200 with HTML': (_request, response) => void response.writeHead(200).end('<html>no'),
  'a closed connection': (request) => void request.socket.destroy(),
  'a truncated response': (_request, response) => {
    response.writeHead(200, { 'content-length': 9999 }).write('{"a"', () => response.destroy())
  },
  'a response that is not HTTP': (request) => void request.socket.end('garbage\r\n\r\n')
} satisfies Readonly<Record<string, RequestListener>>

/** The rows of `ANSWERS`. */
export const ANSWER_ROWS = Object.entries(ANSWERS) as [keyof typeof ANSWERS, RequestListener][]

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true'
}

/** Runs the action with one attempt per call, and returns its only error. */
export async function errorOf(
  env: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> = { mode: 'login' }
): Promise<string> {
  const home = { XDG_RUNTIME_DIR: '/nonexistent', PATH: '/nowhere' }
  const run = await runAction(
    { 'max-attempts': '1', ...inputs },
    { env: { ...KEYS, ...home, ...env } }
  )
  expect(run.exitCode).toBe(1)
  expect(run.errors).toHaveLength(1)
  expect(run.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('hunter2')
  return run.errors[0] ?? ''
}
