import { once } from 'node:events'
import * as http from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody } from '../../src/http/read-body.js'

const tooLong = (): Error => new Error('too long')
const never = new AbortController().signal

let server: http.Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Starts a server and returns its response as soon as the headers are received. */
async function responseOf(listener: RequestListener): Promise<IncomingMessage> {
  server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, agent: false }, resolve).on('error', reject)
  })
}

it('returns the whole body if a part arrives later', async () => {
  const incoming = await responseOf((_request, response) => {
    response.write('first ')
    setImmediate(() => response.end('second'))
  })
  expect(String(await readBody(incoming, 12, tooLong, never))).toBe('first second')
})

it('returns an empty body', async () => {
  const incoming = await responseOf((_request, response) => response.end())
  expect(await readBody(incoming, 0, tooLong, never)).toHaveLength(0)
})

it('rejects with the given error and closes the connection if the body is too large', async () => {
  let hungUp: Promise<unknown> = Promise.resolve()
  const incoming = await responseOf((_request, response) => {
    hungUp = once(response, 'close')
    response.write(Buffer.alloc(13))
  })
  await expect(readBody(incoming, 12, tooLong, never)).rejects.toThrow('too long')
  await hungUp
})

it.each([
  ['has a content-length', { 'content-length': '10' }],
  ['is sent in chunks', {}]
])(
  'rejects with the error of a lost connection if a body that %s is incomplete',
  async (_kind, headers) => {
    const incoming = await responseOf((_request, response) => {
      response.writeHead(200, headers)
      response.write('12345', () => response.destroy())
    })
    const error: unknown = await readBody(incoming, 12, tooLong, never).catch(
      (thrown: unknown) => thrown
    )
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'ECONNRESET', message: 'The connection was closed early' })
  }
)

it.each([
  [
    'while it waits for data',
    (controller: AbortController) => setImmediate(() => controller.abort(new Error('enough')))
  ],
  ['before it starts', (controller: AbortController) => controller.abort(new Error('enough'))]
])('rejects with the reason of a signal that aborts %s', async (_when, abort) => {
  const controller = new AbortController()
  const incoming = await responseOf((_request, response) => void response.write('1'))
  abort(controller)
  await expect(readBody(incoming, 12, tooLong, controller.signal)).rejects.toThrow('enough')
  expect(incoming.destroyed).toBe(true)
})
