import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runAction } from './run-action.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
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
