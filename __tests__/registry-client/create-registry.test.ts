import { jest } from '@jest/globals'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { createRegistry } from '../../src/registry-client/create-registry.js'
import type { Registry } from '../../src/runner/deps.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'

const MANIFEST = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.dockerManifest })
)
const DIGEST = sha256Digest(MANIFEST)
const ACCOUNT_TOKEN = Buffer.from('AWS:account-password').toString('base64')

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const servers = new Set<Server>()

/** Starts a server with this handler and records its requests. */
async function serve(handler: Handler): Promise<{ host: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  })
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, requests }
}

afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  servers.clear()
})

function openRegistry(
  host: string,
  account: 'account' | 'no account' = 'account'
): { registry: Registry; deps: TestDeps } {
  const api = {
    send: () =>
      account === 'account'
        ? Promise.resolve({ authorizationData: { authorizationToken: ACCOUNT_TOKEN } })
        : Promise.reject(new Error('not authorized to perform: ecr-public:GetAuthorizationToken'))
  } as unknown as EcrPublicApi
  const deps = makeDeps({ env: {} }, { api })
  return { registry: createRegistry(host, deps, { limitsRates: false }), deps }
}

function answerManifest(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': MEDIA_TYPES.dockerManifest }).end(MANIFEST)
}

function challenge(request: IncomingMessage, response: ServerResponse): void {
  const realm = `http://${request.headers.host ?? ''}/token/`
  response
    .writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="aws"` })
    .end('{"errors":[{"code":"DENIED","message":"Not Authorized"}]}')
}

const invalidToken = (response: ServerResponse): void =>
  void response
    .writeHead(400)
    .end('{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}')

describe('authorization', () => {
  it('uses the token of the API as a Bearer token, so that a read takes one request', async () => {
    const { host, requests } = await serve((request, response) => {
      if (request.headers.authorization === `Bearer ${ACCOUNT_TOKEN}`) answerManifest(response)
      else challenge(request, response)
    })
    const { registry, deps } = openRegistry(host)
    const manifest = await registry.findManifest('a/b', 'latest')
    expect(manifest).toEqual({
      bytes: MANIFEST,
      digest: DIGEST,
      mediaType: MEDIA_TYPES.dockerManifest
    })
    expect(requests).toHaveLength(1)
    expect(deps.masked).toEqual([ACCOUNT_TOKEN, 'account-password'])
  })

  it('uses the token endpoint if the Bearer token is refused', async () => {
    const { host } = await serve((request, response) => {
      const { authorization } = request.headers
      if (request.url?.startsWith('/token/')) {
        if (authorization === `Basic ${ACCOUNT_TOKEN}`) response.end('{"token":"issued"}')
        else response.writeHead(403).end()
      } else if (authorization === 'Bearer issued') answerManifest(response)
      else if (authorization === undefined) challenge(request, response)
      else invalidToken(response)
    })
    const { registry, deps } = openRegistry(host)
    expect((await registry.findManifest('a/b', 'v1'))?.digest).toBe(DIGEST)
    expect(deps.masked).toContain('issued')
  })

  it('uses an anonymous token if the API does not return a token', async () => {
    const { host, requests } = await serve((request, response) => {
      if (request.url?.startsWith('/token/')) response.end('{"token":"anonymous"}')
      else if (request.headers.authorization === 'Bearer anonymous') answerManifest(response)
      else challenge(request, response)
    })
    const { registry } = openRegistry(host, 'no account')
    await registry.findManifest('a/b', 'v1')
    await registry.findManifest('a/b', 'v2')
    expect(requests.map((request) => request.url)).toEqual([
      '/v2/a/b/manifests/v1',
      '/token/?service=s&scope=aws',
      '/v2/a/b/manifests/v1',
      '/v2/a/b/manifests/v2'
    ])
  })

  it('uses an anonymous token if the token endpoint refuses the account', async () => {
    const { host } = await serve((request, response) => {
      const { authorization } = request.headers
      if (request.url?.startsWith('/token/')) {
        if (authorization === undefined) response.end('{"token":"anonymous"}')
        else response.writeHead(403).end('denied: Your authorization token has expired.')
      } else if (authorization === 'Bearer anonymous') answerManifest(response)
      else if (authorization === undefined) challenge(request, response)
      else invalidToken(response)
    })
    const { registry } = openRegistry(host)
    expect((await registry.findManifest('a/b', 'v1'))?.digest).toBe(DIGEST)
  })

  it('is renewed after it has expired', async () => {
    let valid = 1
    let issued = 0
    const { host } = await serve((request, response) => {
      const { authorization } = request.headers
      if (request.url?.startsWith('/token/')) {
        issued++
        response.end(JSON.stringify({ token: `t${String(issued)}` }))
      } else if (authorization === `Bearer t${String(valid)}`) answerManifest(response)
      else if (authorization === undefined) challenge(request, response)
      else invalidToken(response)
    })
    const { registry } = openRegistry(host, 'no account')
    await registry.findManifest('a/b', 'v1')
    valid = 2
    expect((await registry.findManifest('a/b', 'v1'))?.digest).toBe(DIGEST)
  })

  it('is requested once for reads that start at the same time', async () => {
    const { host, requests } = await serve((request, response) => {
      if (request.url?.startsWith('/token/')) response.end('{"token":"t"}')
      else if (request.headers.authorization === 'Bearer t') answerManifest(response)
      else challenge(request, response)
    })
    const { registry } = openRegistry(host, 'no account')
    const reads = ['1', '2', '3', '4'].map((tag) => registry.findManifest('a/b', tag))
    expect((await Promise.all(reads)).map((manifest) => manifest?.digest)).toEqual(
      Array(4).fill(DIGEST)
    )
    expect(requests.filter(({ url }) => url?.startsWith('/token/'))).toHaveLength(1)
  })

  it('does not send the account credentials to a token endpoint of another origin', async () => {
    const elsewhere = await serve((_request, response) => response.end('{"token":"t"}'))
    const { host } = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer t') answerManifest(response)
      else if (request.headers.authorization === undefined) {
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${elsewhere.host}/token"` })
          .end()
      } else invalidToken(response)
    })
    const { registry } = openRegistry(host)
    await registry.findManifest('a/b', 'v1')
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('fails if the registry refuses every authorization', async () => {
    const { host, requests } = await serve((request, response) => {
      if (request.url?.startsWith('/token/')) response.end('{"token":"t"}')
      else challenge(request, response)
    })
    const { registry } = openRegistry(host)
    await expect(registry.findManifest('a/b', 'v1')).rejects.toThrow(
      /Cannot read the manifest a\/b:v1 from 127\.0\.0\.1:\d+: "401 DENIED: Not Authorized"\. Check that the repository exists/
    )
    expect(requests.length).toBeLessThan(10)
  })
})

describe('blobs', () => {
  it('are read from the redirect location without credentials', async () => {
    const storage = await serve((_request, response) => response.end('config'))
    const { host } = await serve((_request, response) =>
      response.writeHead(307, { location: `http://${storage.host}/signed?x=1` }).end()
    )
    const { registry } = openRegistry(host)
    const digest = sha256Digest(Buffer.from('config'))
    expect(String(await registry.getBlob('a/b', digest, 100))).toBe('config')
    expect(storage.requests[0]?.headers.authorization).toBeUndefined()
  })

  it('with a wrong digest are retried, then rejected', async () => {
    const { host, requests } = await serve((_request, response) => response.end('something else'))
    const { registry } = openRegistry(host)
    const digest = sha256Digest(Buffer.from('config'))
    await expect(registry.getBlob('a/b', digest, 100)).rejects.toThrow(
      /does not have the requested digest: "sha256:/
    )
    expect(requests.length).toBe(8)
  })

  it('larger than the maximum are rejected without retries', async () => {
    const { host, requests } = await serve((_request, response) => response.end('x'.repeat(1000)))
    const { registry } = openRegistry(host)
    await expect(registry.getBlob('a/b', DIGEST, 100)).rejects.toThrow(/100 bytes/)
    expect(requests).toHaveLength(1)
  })

  it.each(['http://192.0.2.1/blob', 'ftp://127.0.0.1/blob', 'http://u:p@127.0.0.1/x'])(
    'are not read from %s',
    async (location) => {
      const { host } = await serve((_request, response) =>
        response.writeHead(307, { location }).end()
      )
      const { registry } = openRegistry(host)
      await expect(registry.getBlob('a/b', DIGEST, 100)).rejects.toThrow(/redirects/)
    }
  )

  it('fail after too many redirects', async () => {
    const { host, requests } = await serve((request, response) =>
      response.writeHead(307, { location: request.url ?? '' }).end()
    )
    const { registry } = openRegistry(host)
    await expect(registry.getBlob('a/b', DIGEST, 100)).rejects.toThrow(/redirects too often/)
    expect(requests.length).toBe(6)
  })
})

describe('createRegistry', () => {
  it('returns undefined for a manifest that does not exist', async () => {
    const { host } = await serve((_request, response) =>
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    )
    expect(await openRegistry(host).registry.findManifest('a/b', 'v1')).toBeUndefined()
  })

  it('rejects a manifest that does not have the requested digest', async () => {
    const { host } = await serve((_request, response) => answerManifest(response))
    const { registry } = openRegistry(host)
    await expect(
      registry.findManifest('a/b', `sha256:${'0'.repeat(64)}`, {
        maxAttempts: 2,
        budgetMilliseconds: 1000
      })
    ).rejects.toThrow(/does not have the requested digest/)
  })

  it.each([429, 500, 503])('retries status %s', async (status) => {
    let count = 0
    const { host } = await serve((_request, response) => {
      if (count++ < 3) response.writeHead(status, { 'retry-after': '1' }).end()
      else answerManifest(response)
    })
    expect((await openRegistry(host).registry.findManifest('a/b', 'v1'))?.digest).toBe(DIGEST)
  })

  it('retries a broken connection and a truncated response', async () => {
    let count = 0
    const { host } = await serve((request, response) => {
      count++
      if (count === 1) request.socket.destroy()
      else if (count === 2) {
        response.writeHead(200, { 'content-length': String(MANIFEST.length) })
        response.write(MANIFEST.subarray(0, 10), () => request.socket.destroy())
      } else answerManifest(response)
    })
    expect((await openRegistry(host).registry.findManifest('a/b', 'v1'))?.digest).toBe(DIGEST)
  })

  it('fails after the maximum number of attempts', async () => {
    const { host, requests } = await serve((_request, response) =>
      response
        .writeHead(429)
        .end('{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}')
    )
    await expect(openRegistry(host).registry.findManifest('a/b', 'v1')).rejects.toThrow(
      /429 TOOMANYREQUESTS: Rate exceeded/
    )
    expect(requests).toHaveLength(8)
  })

  it('does not retry after the time budget of the caller', async () => {
    const { host, requests } = await serve((_request, response) =>
      response.writeHead(429, { 'retry-after': '9' }).end()
    )
    const retryOptions = { maxAttempts: 5, budgetMilliseconds: 3000 }
    await expect(
      openRegistry(host).registry.findManifest('a/b', 'v1', retryOptions)
    ).rejects.toThrow(/429/)
    expect(requests).toHaveLength(1)
  })
})

describe('the rate limit', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  })

  afterEach(() => {
    jest.useRealTimers()
  })

  it.each([
    ['no account', 2, 2100],
    ['account', 9, 1000]
  ] as const)('with %s allows %d reads per %d ms', async (account, reads, milliseconds) => {
    const { host, requests } = await serve((_request, response) => answerManifest(response))
    const registry = createRegistry(host, openRegistry(host, account).deps)
    const all = Array.from({ length: reads + 1 }, (_, at) =>
      registry.findManifest('a/b', `v${String(at)}`)
    )
    await Promise.all(all.slice(0, reads))
    await jest.advanceTimersByTimeAsync(milliseconds - 10)
    expect(requests).toHaveLength(reads)
    await jest.advanceTimersByTimeAsync(10)
    await all.at(-1)
    expect(requests).toHaveLength(reads + 1)
  })
})
