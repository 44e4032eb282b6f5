import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpClient } from '../../src/http/http-client.js'

const servers: Server[] = []
const signal = new AbortController().signal

/** Starts a server on a free loopback port. Returns its origin and the requests that it receives. */
async function serve(
  listener: RequestListener
): Promise<{ origin: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

describe('createHttpClient', () => {
  it('returns responses of any status', async () => {
    const { origin } = await serve((_, response) => response.writeHead(404).end('no'))
    const client = createHttpClient({ env: {}, signal })
    const response = await client.send({ url: new URL(origin), maxBytes: 10 })
    expect({ status: response.status, body: response.body.toString() }).toEqual({
      status: 404,
      body: 'no'
    })
  })

  it('stops reading when the body exceeds the limit', async () => {
    const { origin } = await serve((_, response) => response.end(Buffer.alloc(2_000_000)))
    const client = createHttpClient({ env: {}, signal })
    await expect(client.send({ url: new URL(origin), maxBytes: 1000 })).rejects.toThrow(
      /^The response of 127.* is too large\. At most 1000 bytes are accepted\. Check the endpoint and the proxy\.$/
    )
  })

  it('rejects an incomplete body', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => response.destroy())
    })
    const client = createHttpClient({ env: {}, signal })
    await expect(client.send({ url: new URL(origin), maxBytes: 1000 })).rejects.toThrow(
      /^No response from 127.*\. The request failed: .*closed early\.$/
    )
  })

  it('does not send the credential to another origin after a redirect', async () => {
    const target = await serve((_, response) => response.end('blob'))
    const { origin, seen } = await serve((_, response) =>
      response.writeHead(307, { location: `${target.origin}/blob` }).end()
    )
    const client = createHttpClient({ env: {}, signal })
    const response = await client.send({
      url: new URL(origin),
      authorization: 'Bearer secret',
      maxBytes: 10,
      maxRedirects: 3
    })
    expect(response.body.toString()).toBe('blob')
    expect(seen[0]!.headers.authorization).toBe('Bearer secret')
    expect(target.seen[0]!.headers.authorization).toBeUndefined()
  })

  it('stops at a redirect cycle', async () => {
    const { origin, seen } = await serve((_, response) =>
      response.writeHead(302, { location: '/' }).end()
    )
    const client = createHttpClient({ env: {}, signal })
    await expect(
      client.send({ url: new URL(origin), maxBytes: 10, maxRedirects: 3 })
    ).rejects.toThrow(/redirects too often/)
    expect(seen).toHaveLength(4)
  })

  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'http://example.com/',
    'http://user:pw@127.0.0.1/',
    'gopher://x'
  ])('does not follow a redirect to %s', async (location) => {
    const { origin } = await serve((_, response) => response.writeHead(302, { location }).end())
    const client = createHttpClient({ env: {}, signal })
    await expect(
      client.send({ url: new URL(origin), maxBytes: 10, maxRedirects: 3 })
    ).rejects.toThrow(/redirects to a URL that is not allowed/)
  })

  it('rejects http for hosts other than the loopback interface', async () => {
    const client = createHttpClient({ env: {}, signal })
    await expect(client.send({ url: new URL('http://192.0.2.1/'), maxBytes: 10 })).rejects.toThrow(
      /HTTP without TLS is allowed on the loopback interface only/
    )
  })

  it('uses the proxy that the environment sets', async () => {
    const target = await serve((_, response) => response.end('direct'))
    const proxy = await serve((request, response) => response.end(`proxied ${request.url ?? ''}`))
    const through = createHttpClient({ env: { http_proxy: proxy.origin }, signal })
    const around = createHttpClient({
      env: { http_proxy: proxy.origin, no_proxy: '127.0.0.0/8' },
      signal
    })
    const url = new URL(`${target.origin}/x`)
    expect((await through.send({ url, maxBytes: 100 })).body.toString()).toBe(`proxied ${url.href}`)
    expect((await around.send({ url, maxBytes: 100 })).body.toString()).toBe('direct')
  })

  it('aborts when the run is cancelled', async () => {
    const cancellation = new AbortController()
    const { origin } = await serve(() => cancellation.abort())
    const client = createHttpClient({ env: {}, signal: cancellation.signal })
    await expect(client.send({ url: new URL(origin), maxBytes: 10 })).rejects.toThrow()
  })
})
