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

/** The answer of a server of its own, once its headers are there. */
async function answerOf(listener: RequestListener): Promise<IncomingMessage> {
  server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, agent: false }, resolve).on('error', reject)
  })
}

it('gives the whole body, of which a piece may come later', async () => {
  const answer = await answerOf((_request, response) => {
    response.write('first ')
    setImmediate(() => response.end('second'))
  })
  expect(String(await readBody(answer, 12, tooLong, never))).toBe('first second')
})

it('gives an empty body', async () => {
  const answer = await answerOf((_request, response) => response.end())
  expect(await readBody(answer, 0, tooLong, never)).toHaveLength(0)
})

it('ends with the error given where the body is longer, and hangs up', async () => {
  let hungUp: Promise<unknown> = Promise.resolve()
  const answer = await answerOf((_request, response) => {
    hungUp = once(response, 'close')
    response.write(Buffer.alloc(13))
  })
  await expect(readBody(answer, 12, tooLong, never)).rejects.toThrow('too long')
  await hungUp
})

it.each([
  ['has said how long it is', { 'content-length': '10' }],
  ['comes in chunks', {}]
])(
  'gives the error of a lost connection where a body that %s breaks off',
  async (_kind, headers) => {
    const answer = await answerOf((_request, response) => {
      response.writeHead(200, headers)
      response.write('12345', () => response.destroy())
    })
    const error: unknown = await readBody(answer, 12, tooLong, never).catch(
      (thrown: unknown) => thrown
    )
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'ECONNRESET', message: 'The connection was closed early' })
  }
)

it.each([
  [
    'while it waits for more',
    (controller: AbortController) => setImmediate(() => controller.abort(new Error('enough')))
  ],
  ['before it begins', (controller: AbortController) => controller.abort(new Error('enough'))]
])('ends with the reason of the signal that comes %s', async (_when, abort) => {
  const controller = new AbortController()
  const answer = await answerOf((_request, response) => void response.write('1'))
  abort(controller)
  await expect(readBody(answer, 12, tooLong, controller.signal)).rejects.toThrow('enough')
  expect(answer.destroyed).toBe(true)
})
