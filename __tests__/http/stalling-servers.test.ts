import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createHttpClient } from '../../src/http/http-client.js'
import { createRequestSender } from '../../src/http/request-sender.js'
import { createStallLimit } from '../../src/http/stall-limit.js'
import { isStalled } from '../../src/http/timeout-error.js'
import { messageOf } from '../../src/runner/errors.js'
import { startConnectProxy } from '../helpers/tls.js'

const { signal } = new AbortController()

const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** Starts a server that sends a text after the first bytes of a request and then stalls. */
async function stallAfter(text: string): Promise<{ readonly host: string; attempts: number }> {
  const state = { host: '', attempts: 0 }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      state.attempts++
      socket.write(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  state.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

const POINTS = [
  ['does not respond', ''],
  ['stops in the headers', 'HTTP/1.1 200 OK\r\nContent-Ty'],
  ['stops after the headers', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
  ['stops in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf']
] as const

/** Sends a request until it is not worth a retry. */
async function sendUntilStalled(send: () => Promise<unknown>): Promise<string> {
  for (let attempt = 1; attempt <= 4; attempt++) {
    const error: unknown = await send().then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    expect(error).toBeDefined()
    if (isStalled(error)) return messageOf(error)
  }
  throw new Error('The requests never reached the limit')
}

describe.each(POINTS)('a server that %s', (_name, text) => {
  test('reaches the limit of all attempts together', async () => {
    const server = await stallAfter(text)
    const stallLimit = createStallLimit(1000)
    const sendRequest = createRequestSender({}, { stallLimit })
    const url = new URL(`http://${server.host}/`)
    const timeouts = { idleTimeoutMs: 600, totalTimeoutMs: 60_000 }
    const tooLong = (): Error => new Error('too long')
    const request = { url, method: 'GET', headers: {}, maxBytes: 99, tooLong, signal, ...timeouts }
    expect(await sendUntilStalled(() => sendRequest(request))).toBe(
      'The server did not respond for 1 s'
    )
    expect(server.attempts).toBe(2)
    // The limit is reached, so that nothing more is sent.
    await expect(sendRequest(request)).rejects.toThrow('did not respond')
    expect(server.attempts).toBe(2)
  })

  test('reaches the limit as well if the body is read as a stream', async () => {
    const server = await stallAfter(text)
    const client = createHttpClient({ env: {}, signal }, { stallLimit: createStallLimit(150) })
    const read = async (): Promise<void> => {
      const { stream } = await client.open({ url: new URL(`http://${server.host}/`), maxBytes: 99 })
      for await (const chunk of stream) expect(chunk.length).toBeGreaterThan(0)
    }
    expect(await sendUntilStalled(read)).toContain('The server did not respond for 0.15 s')
  })
})

test('a server whose registry stalls does not reach the limit for the API', async () => {
  const server = await stallAfter('')
  const stallLimit = createStallLimit(1000)
  const url = new URL(`http://${server.host}/`)
  const attemptsFor = async (scope: string): Promise<number> => {
    const client = createHttpClient({ env: {}, signal }, { stallLimit, scope })
    await sendUntilStalled(() => client.send({ url, maxBytes: 99 }))
    return server.attempts
  }
  expect(await attemptsFor('registry')).toBe(1)
  expect(await attemptsFor('registry')).toBe(1)
  expect(await attemptsFor('api')).toBe(2)
})

test('a server that does not finish the TLS handshake reaches the limit', async () => {
  const { host } = await stallAfter('')
  const client = createHttpClient({ env: {}, signal }, { stallLimit: createStallLimit(150) })
  const url = new URL(`https://${host}/`)
  expect(await sendUntilStalled(() => client.send({ url, maxBytes: 99 }))).toContain(
    `No response from ${host}. The request failed: The server did not respond for 0.15 s.`
  )
})

test('the TLS handshake has a limit of its own', async () => {
  const { host } = await stallAfter('')
  const client = createHttpClient({ env: {}, signal }, { connectTimeoutMs: 500 })
  await expect(client.send({ url: new URL(`https://${host}/`), maxBytes: 99 })).rejects.toThrow(
    'The server did not send data for 0.5 s'
  )
})

test('a server that does not read the request stalls', async () => {
  const server = createServer((socket) => {
    sockets.add(socket.pause())
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const body = Buffer.alloc(64 * 1024 * 1024)
  const timeouts = { idleTimeoutMs: 200, totalTimeoutMs: 60_000 }
  const tooLong = (): Error => new Error('too long')
  const headers = { 'content-length': String(body.length) }
  const request = { url, method: 'POST', headers, body, maxBytes: 99, tooLong, signal, ...timeouts }
  await expect(createRequestSender({})(request)).rejects.toThrow(
    'The server did not send data for 0.2 s'
  )
})

test('a server that sends a byte from time to time does not stall', async () => {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('data', () => {
      const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      let at = 0
      const timer = setInterval(() => {
        if (at === bytes.length) clearInterval(timer)
        else socket.write(bytes.subarray(at, ++at))
      }, 20)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const client = createHttpClient({ env: {}, signal }, { stallLimit: createStallLimit(600) })
  expect(String((await client.send({ url, maxBytes: 99 })).body)).toBe('ok')
})

test('a proxy that does not answer CONNECT, or a plain request, is named', async () => {
  const silent = await startConnectProxy(true)
  const proxy = await stallAfter('')
  const env = { https_proxy: silent.url, http_proxy: `http://${proxy.host}` }
  const client = createHttpClient({ env, signal }, { stallLimit: createStallLimit(150) })
  const read = (url: string) => () => client.send({ url: new URL(url), maxBytes: 99 })
  expect(await sendUntilStalled(read('https://registry.example/'))).toContain(
    `The proxy ${silent.url.slice(7)} (environment variable https_proxy) did not respond to the request to registry.example. It did not respond for 0.15 s.`
  )
  expect(await sendUntilStalled(read('http://127.0.0.1:9/'))).toContain(
    `The proxy ${proxy.host} (environment variable http_proxy) did not respond to the request to 127.0.0.1:9.`
  )
})
