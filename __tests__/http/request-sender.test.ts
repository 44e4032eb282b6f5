import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createRequestSender } from '../../src/http/request-sender.js'
import type { BoundedRequest } from '../../src/http/request-sender.js'
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

function requestTo(url: URL, more: Partial<BoundedRequest> = {}): BoundedRequest {
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
  'sends method, path, headers and body, and returns the response',
  async (body) => {
    const seen: unknown[] = []
    const url = await serve((request, response) => {
      seen.push(request.method, request.url, request.headers['x-a'])
      request.setEncoding('utf8').on('data', (piece) => seen.push(piece))
      response.writeHead(418, 'Teapot', { 'x-b': ['1', '2'] })
      request.on('end', () => response.end('response'))
    })
    const headers = { 'x-a': 'b', 'content-length': '4' }
    const response = await createRequestSender({})(
      requestTo(url, { method: 'POST', headers, body })
    )
    expect(response).toMatchObject({ status: 418, reason: 'Teapot', headers: { 'x-b': '1, 2' } })
    expect(String(response.body)).toBe('response')
    expect(seen).toEqual(['POST', '/path?q=1', 'b', 'text'])
  }
)

describe('a body whose end is held back', () => {
  const bytes = Buffer.alloc(100_000, 'a')
  const headers = { 'content-length': String(bytes.length) }

  it('is complete for the server only after its end may be sent', async () => {
    let received = 0
    const events = new EventEmitter()
    const started = once(events, 'started')
    const url = await serve((request, response) => {
      request.on('data', (piece: Buffer) => {
        received += piece.length
        if (received > bytes.length - 1000) events.emit('started')
      })
      request.on('end', () => response.end())
    })
    const body = { bytes, byteLength: bytes.length, mayEnd: once(events, 'may end') }
    const response = createRequestSender({})(requestTo(url, { method: 'POST', headers, body }))
    await started
    expect(received).toBeLessThan(bytes.length)
    events.emit('may end')
    expect((await response).status).toBe(200)
    expect(received).toBe(bytes.length)
  })

  it('does not count as an idle connection, which begins when its end is sent', async () => {
    const url = await serve((request, response) => {
      request.resume().on('end', () => void delay(900).then(() => response.end()))
    })
    const body = { bytes, byteLength: bytes.length, mayEnd: delay(1500) }
    const options = { method: 'POST', headers, body, idleTimeoutMs: 1200 }
    expect((await createRequestSender({})(requestTo(url, options))).status).toBe(200)
  })

  it('is aborted if its end must not be sent', async () => {
    const events = new EventEmitter()
    const aborted = once(events, 'aborted')
    const url = await serve((request) => {
      request.resume().on('close', () => events.emit('aborted'))
    })
    const mayEnd = once(server!, 'request').then(() => Promise.reject(new Error('Not in order')))
    const body = { bytes, byteLength: bytes.length, mayEnd }
    const response = createRequestSender({})(requestTo(url, { method: 'POST', headers, body }))
    await expect(response).rejects.toThrow('Not in order')
    await aborted
  })
})

it('reuses a connection', async () => {
  const ports = new Set<number | undefined>()
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.end()
  })
  const sendRequest = createRequestSender({})
  for (let count = 0; count < 3; count++) await sendRequest(requestTo(url))
  expect(ports.size).toBe(1)
})

it('reuses a connection of another client of the same environment', async () => {
  const ports = new Set<number | undefined>()
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.end()
  })
  const env = {}
  await createRequestSender(env)(requestTo(url))
  await createRequestSender(env)(requestTo(url))
  expect(ports.size).toBe(1)
  await createRequestSender({})(requestTo(url))
  expect(ports.size).toBe(2)
})

it.each([
  ['before its response', () => undefined],
  ['in the middle of its response', (_, response) => void response.writeHead(200).write('half')]
] satisfies [string, RequestListener][])(
  'aborts if the server sends nothing %s',
  async (_, listen) => {
    const url = await serve(listen)
    const response = createRequestSender({})(requestTo(url, { idleTimeoutMs: 50 }))
    await expect(response).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  }
)

it('aborts if the response is not complete in time', async () => {
  const url = await serve((_, response) => {
    const timer = setInterval(() => response.write('.'), 10)
    response.on('close', () => clearInterval(timer))
  })
  const response = createRequestSender({})(requestTo(url, { totalTimeoutMs: 100 }))
  await expect(response).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'The request took longer than 0.1 s'
  })
})

it('aborts and closes the connection if a proxy does not connect in time', async () => {
  const proxy = await startConnectProxy(true)
  const sendRequest = createRequestSender({ https_proxy: proxy.url }, { connectTimeoutMs: 1000 })
  await expect(sendRequest(requestTo(new URL('https://localhost:1/')))).rejects.toMatchObject({
    code: 'EPROXY',
    message: expect.stringContaining('It did not accept a connection within 1 s')
  })
  expect(proxy.seen).toEqual(['localhost:1'])
  await proxy.hungUp()
})

it('rejects a response that switches the protocol', async () => {
  const url = await serve(() => undefined)
  server?.on('connection', (socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  })
  await expect(createRequestSender({})(requestTo(url))).rejects.toMatchObject({
    code: 'ECONNRESET'
  })
})

it('accepts an early response and closes the connection if the server stops reading', async () => {
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
  const response = await createRequestSender({})(requestTo(url, { method: 'POST', headers, body }))
  expect([response.status, String(response.body)]).toEqual([413, 'too much'])
  const [socket] = accepted
  await once(socket!.resume(), 'close')
  expect(socket!.bytesRead).toBeLessThan(body.length)
  await promisify(listener.close.bind(listener))()
})

it('does not send a request if the signal is already aborted', async () => {
  let requests = 0
  const url = await serve(() => {
    requests++
  })
  const signal = AbortSignal.abort(new Error('cancelled'))
  await expect(createRequestSender({})(requestTo(url, { signal }))).rejects.toThrow('cancelled')
  expect(requests).toBe(0)
})

it('rejects with the reason of the signal', async () => {
  const cancellation = new AbortController()
  const reason = new Error('cancelled')
  const url = await serve(() => cancellation.abort(reason))
  const response = createRequestSender({})(requestTo(url, { signal: cancellation.signal }))
  await expect(response).rejects.toBe(reason)
})
