import { jest } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { openEarly } from '../../src/http/open-early.js'
import { createRequestSender } from '../../src/http/request-sender.js'
import type { BoundedRequest } from '../../src/http/request-sender.js'

/** A server that records its connections. */
interface RecordingServer {
  readonly url: URL
  readonly connections: Socket[]
  /** Resolves when the server has had this number of connections. */
  connected(count: number): Promise<void>
}

const servers = new Set<Server>()
const closers = new Set<() => void>()
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const close of closers) close()
  closers.clear()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const server of servers) {
    server.close()
    await once(server, 'close')
  }
  servers.clear()
})

/** Opens connections that `afterEach` closes. */
async function open(...parameters: Parameters<typeof openEarly>): Promise<() => void> {
  const closeUnused = await openEarly(...parameters)
  closers.add(closeUnused)
  return closeUnused
}

async function record(server: Server, host = '127.0.0.1'): Promise<RecordingServer> {
  servers.add(server)
  const connections: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    connections.push(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port, family } = server.address() as AddressInfo
  return {
    url: new URL(`http://${family === 'IPv6' ? `[${host}]` : host}:${String(port)}/`),
    connections,
    connected: async (count) => {
      while (connections.length < count) await once(server, 'connection')
    }
  }
}

const serve = (listener: RequestListener, host?: string): Promise<RecordingServer> =>
  record(createServer(listener), host)

const answer: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end('response'))
}

function requestTo(url: URL): BoundedRequest {
  return {
    url,
    method: 'POST',
    headers: {},
    body: 'text',
    idleTimeoutMs: 10_000,
    totalTimeoutMs: 10_000,
    maxBytes: 1000,
    tooLong: () => new Error('too long'),
    signal: new AbortController().signal
  }
}

it.each(['127.0.0.1', '::1'])('opens connections that the next requests use: %s', async (host) => {
  const server = await serve(answer, host)
  const env = {}
  await open(server.url, 2, env)
  await server.connected(2)
  const early = [...server.connections]
  const send = createRequestSender(env)
  const responses = await Promise.all([1, 2, 3].map(() => send(requestTo(server.url))))
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(early.map(({ bytesRead }) => bytesRead > 0)).toEqual([true, true])
  expect(server.connections).toHaveLength(3)
})

it('connects before it returns, so that code that blocks the event loop does not delay it', async () => {
  // The worker counts the connections, because this thread does not wait for events.
  const count = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer(() => {
      Atomics.add(workerData, 0, 1)
      Atomics.notify(workerData, 0)
    })
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    { eval: true, workerData: count }
  )
  try {
    const [port] = (await once(worker, 'message')) as [number]
    await open(new URL(`http://127.0.0.1:${String(port)}`), 1, {})
    expect(Atomics.wait(count, 0, 0, 10_000)).not.toBe('timed-out')
  } finally {
    await worker.terminate()
  }
})

it.each([
  ['localhost', ['localhost']],
  // TLS does not allow an address as a name.
  ['127.0.0.1', []]
])('sends the name of the host in the TLS handshake: %s', async (host, expected) => {
  const names: string[] = []
  const refuse = (name: string, callback: (error: Error) => void): void => {
    names.push(name)
    callback(new Error('refused'))
  }
  const server = createTlsServer({ SNICallback: refuse })
  const { url } = await record(server)
  const refused = once(server, 'tlsClientError')
  await open(new URL(`https://${host}:${url.port}`), 1, {})
  await refused
  expect(names).toEqual(expected)
})

it('sends nothing, and closes the unused connections on request', async () => {
  const server = await serve(answer)
  const closeUnused = await open(server.url, 2, {})
  await server.connected(2)
  closeUnused()
  await Promise.all(server.connections.map((socket) => once(socket, 'close')))
  expect(server.connections.map(({ bytesRead }) => bytesRead)).toEqual([0, 0])
})

it('closes connections that no request has used after some time', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  try {
    const server = await serve(answer)
    const env = {}
    await open(server.url, 2, env)
    await server.connected(2)
    const used = createRequestSender(env)(requestTo(server.url))
    expect((await used).status).toBe(200)
    const unused = server.connections.filter(({ bytesRead }) => bytesRead === 0)
    expect(unused).toHaveLength(1)
    const closed = Promise.all(unused.map((socket) => once(socket, 'close')))
    jest.advanceTimersByTime(5000)
    await closed
    expect(server.connections.filter(({ destroyed }) => destroyed)).toEqual(unused)
    await open(server.url, 1, env)
    const timers = jest.getTimerCount()
    closers.forEach((close) => close())
    expect([timers, jest.getTimerCount()]).toEqual([1, 0])
  } finally {
    jest.useRealTimers()
  }
})

it.each([0, 1])('does not use a connection that was closed before: number %i', async (at) => {
  const server = await serve(answer)
  const env = {}
  await open(server.url, 2, env)
  await server.connected(2)
  for (const socket of server.connections.slice(at, at + 1)) {
    socket.end()
    await once(socket, 'close')
  }
  const send = createRequestSender(env)
  expect((await send(requestTo(server.url))).status).toBe(200)
  expect(server.connections).toHaveLength(2)
  expect((await send(requestTo(server.url))).status).toBe(200)
  expect(server.connections).toHaveLength(2)
})

it('does not use a connection over which data was sent before', async () => {
  const server = await serve(answer)
  const env = {}
  await open(server.url, 2, env)
  await server.connected(2)
  const forged = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'
  for (const socket of server.connections)
    await new Promise<void>((resolve) => socket.write(forged, () => resolve()))
  await delay(20)
  expect((await createRequestSender(env)(requestTo(server.url))).status).toBe(200)
  expect(server.connections.map(({ bytesRead }) => bytesRead > 0)).toEqual([false, false, true])
  await Promise.all(
    server.connections.slice(0, 2).map(async (socket) => socket.closed || once(socket, 'close'))
  )
})

it('leaves the error of a connection to the request', async () => {
  const closed = createNetServer()
  const { url } = await record(closed)
  closed.close()
  await once(closed, 'close')
  servers.clear()
  const env = {}
  await open(url, 2, env)
  await expect(createRequestSender(env)(requestTo(url))).rejects.toMatchObject({
    code: 'ECONNREFUSED'
  })
})

it('does not use the connections for other servers', async () => {
  const server = await serve(answer)
  const other = await serve(answer)
  const env = {}
  await open(server.url, 1, env)
  expect((await createRequestSender(env)(requestTo(other.url))).status).toBe(200)
  await server.connected(1)
  expect(server.connections.map(({ bytesRead }) => bytesRead)).toEqual([0])
})

it('does not use the connections for another host at the same port', async () => {
  const server = await serve(answer)
  const env = {}
  await open(server.url, 1, env)
  const other = new URL(`http://localhost:${server.url.port}`)
  expect((await createRequestSender(env)(requestTo(other))).status).toBe(200)
  expect(server.connections.map(({ bytesRead }) => bytesRead > 0)).toEqual([false, true])
})

it('opens no connection if the environment sets a proxy', async () => {
  const server = await serve(answer)
  const env = { http_proxy: server.url.href, no_proxy: '127.0.0.1' }
  const closeUnused = await open(server.url, 2, env)
  expect((await createRequestSender(env)(requestTo(server.url))).status).toBe(200)
  closeUnused()
  expect(server.connections).toHaveLength(1)
})
