import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { createExchanger } from '../../src/http/exchange.js'
import type { Exchange } from '../../src/http/exchange.js'
import { startConnectProxy } from '../helpers/tls.js'

const never = new AbortController().signal

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(listener: RequestListener): Promise<URL> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/path?q=1`)
}

function exchangeWith(url: URL, more: Partial<Exchange> = {}): Exchange {
  return {
    url,
    method: 'GET',
    headers: {},
    idleTimeoutMs: 10_000,
    totalTimeoutMs: 10_000,
    maxBytes: 1000,
    tooLong: () => new Error('too long'),
    signal: never,
    ...more
  }
}

it.each([['text'], [Buffer.from('text')], [new Uint8Array([116, 101, 120, 116])]])(
  'sends method, path, headers and body, and gives what was answered',
  async (body) => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      seen.push(request.method, request.url, request.headers['x-a'])
      request.setEncoding('utf8').on('data', (piece) => seen.push(piece))
      response.writeHead(418, 'Teapot', { 'x-b': ['1', '2'] })
      request.on('end', () => response.end('answer'))
    })
    const headers = { 'x-a': 'b', 'content-length': '4' }
    const answer = await createExchanger({})(exchangeWith(url, { method: 'POST', headers, body }))
    expect(answer).toMatchObject({ status: 418, reason: 'Teapot', headers: { 'x-b': '1, 2' } })
    expect(String(answer.body)).toBe('answer')
    expect(seen).toEqual(['POST', '/path?q=1', 'b', 'text'])
  }
)

it('uses a connection again', async () => {
  const ports = new Set<number | undefined>()
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.end()
  })
  const exchange = createExchanger({})
  for (let turn = 0; turn < 3; turn++) await exchange(exchangeWith(url))
  expect(ports.size).toBe(1)
})

it.each([
  ['before it answers', () => undefined],
  ['in the middle of an answer', (_, response) => void response.writeHead(200).write('half')]
] satisfies [string, RequestListener][])(
  'gives up on a server that is silent %s',
  async (_, listen) => {
    const url = await serve(listen)
    const exchange = createExchanger({})(exchangeWith(url, { idleTimeoutMs: 50 }))
    await expect(exchange).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  }
)

it('gives up on a server that sends a little now and then', async () => {
  const url = await serve((_, response) => {
    const timer = setInterval(() => response.write('.'), 10)
    response.on('close', () => clearInterval(timer))
  })
  const exchange = createExchanger({})(exchangeWith(url, { totalTimeoutMs: 100 }))
  await expect(exchange).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'the server needed more than 0.1 s'
  })
})

it('gives up on a proxy that makes no connection, and hangs up', async () => {
  const proxy = await startConnectProxy(true)
  const exchange = createExchanger({ https_proxy: proxy.url }, 50)
  await expect(exchange(exchangeWith(new URL('https://localhost:1/')))).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'the server took no connection within 0.05 s'
  })
  expect(proxy.seen).toEqual(['localhost:1'])
  await proxy.hungUp()
})

it('takes an answer that changes the protocol for none', async () => {
  const url = await serve(() => undefined)
  server?.on('connection', (socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  })
  await expect(createExchanger({})(exchangeWith(url))).rejects.toMatchObject({ code: 'ECONNRESET' })
})

it('takes an early answer, and hangs up where the server reads no further', async () => {
  const accepted: Socket[] = []
  const listener = createNetServer((socket) => {
    accepted.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\ntoo much')
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${String((listener.address() as AddressInfo).port)}/`)
  const body = Buffer.alloc(32 * 1024 * 1024)
  const headers = { 'content-length': String(body.length) }
  const answer = await createExchanger({})(exchangeWith(url, { method: 'POST', headers, body }))
  expect([answer.status, String(answer.body)]).toEqual([413, 'too much'])
  const [socket] = accepted
  await once(socket!.resume(), 'close')
  expect(socket!.bytesRead).toBeLessThan(body.length)
  await promisify(listener.close.bind(listener))()
})

it('does not begin where the signal came before', async () => {
  let asked = 0
  const url = await serve(() => {
    asked++
  })
  const signal = AbortSignal.abort(new Error('cancelled'))
  await expect(createExchanger({})(exchangeWith(url, { signal }))).rejects.toThrow('cancelled')
  expect(asked).toBe(0)
})

it('ends with the reason of the signal', async () => {
  const cancellation = new AbortController()
  const reason = new Error('cancelled')
  const url = await serve(() => cancellation.abort(reason))
  const exchange = createExchanger({})(exchangeWith(url, { signal: cancellation.signal }))
  await expect(exchange).rejects.toBe(reason)
})
