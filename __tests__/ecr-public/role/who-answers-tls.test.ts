import type { RequestListener } from 'node:http'
import { startEmulator } from '../../helpers/start-emulator.js'
import { startTlsFront } from '../../helpers/tls.js'
import {
  errorOf,
  NOT_TLS,
  serve,
  serveText,
  serveTunnel,
  TLS_ALERT
} from '../../helpers/who-answers.js'

type Texts = Readonly<Record<string, string>>

/** A server that a step calls. */
interface Party {
  readonly name: string
  /** The inputs and the environment of a step that calls the party at a URL. */
  readonly step: (url: string) => Promise<{ readonly inputs: Texts; readonly env: Texts }>
  /** How an error that is not caused by a proxy names the party. */
  readonly named: (host: string) => string
}

const ROLE = { mode: 'login', 'role-to-assume': 'arn:aws:iam::123456789012:role/ci' }
const REQUEST_TOKEN = { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token' }
const SEED = { repositories: [{ name: 'app', images: [{ tags: [{ tag: 'pr-1' }] }] }] }
const PULL_REQUESTS = {
  mode: 'cleanup-tags',
  repository: 'app',
  'closed-pull-requests': 'pr-{number}',
  'github-token': 'hunter2-token'
}

const PARTIES: readonly Party[] = [
  {
    name: 'the API',
    step: (url) =>
      Promise.resolve({ inputs: { mode: 'login' }, env: { AWS_ENDPOINT_URL_ECR_PUBLIC: url } }),
    named: (host) => host
  },
  {
    name: 'STS',
    step: async (url) => {
      const emulator = await startEmulator()
      const tokenUrl = `${emulator.url}/_emulator/id-token`
      const token = { ...REQUEST_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL: tokenUrl }
      return { inputs: ROLE, env: { ...emulator.env, ...token, AWS_ENDPOINT_URL_STS: url } }
    },
    named: (host) => host
  },
  {
    name: "GitHub's token endpoint",
    step: (url) =>
      Promise.resolve({
        inputs: ROLE,
        env: { ...REQUEST_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/?x=1` }
      }),
    named: (host) => `GitHub's OIDC token endpoint did not respond: "${host}"`
  },
  {
    name: "GitHub's API",
    step: async (url) => {
      const { env } = await startEmulator({ seed: SEED })
      const repository = { GITHUB_REPOSITORY: 'o/r', GITHUB_GRAPHQL_URL: `${url}/graphql` }
      return { inputs: PULL_REQUESTS, env: { ...env, ...repository } }
    },
    named: (host) => `Cannot read the pull requests from ${host}`
  }
]

async function errorAt({ step }: Party, url: string, more: Texts = {}): Promise<string> {
  const { inputs, env } = await step(url)
  const error = await errorOf({ ...env, ...more }, inputs)
  expect(error).not.toMatch(/Unexpected|error:0A|\. \. /)
  return error
}

describe.each(PARTIES)('$name', (party) => {
  describe.each(NOT_TLS)('%s instead of TLS', (_name, text) => {
    test('names the server and how to fix it', async () => {
      const host = await serveText(text)
      const error = await errorAt(party, `https://${host}`)
      expect(error).toContain('The server does not support TLS')
      expect(error).toContain(party.named(host))
      expect(error).toContain('such as HTTP or an HTML page. ')
      expect(error).toContain('Check the host and port')
    })

    test('names the proxy if it accepted CONNECT', async () => {
      const proxy = await serveTunnel(text)
      const error = await errorAt(party, 'https://server.example', {
        HTTPS_PROXY: `http://me:hunter2@${proxy}`
      })
      expect(error).toContain(
        `The proxy ${proxy} (environment variable HTTPS_PROXY) accepted the connection to server.example, but the response is not TLS`
      )
      expect(error).toContain('such as HTTP or an HTML page')
      expect(error).toContain('Allow server.example on the proxy, or add it to NO_PROXY')
      expect(error).not.toMatch(/ECR Public|AWS STS|OIDC/)
    })
  })

  test('a TLS alert is not reported as a server without TLS', async () => {
    const host = await serveText(TLS_ALERT)
    const error = await errorAt(party, `https://${host}`)
    expect(error).toContain('The TLS handshake with the server failed')
    expect(error).toContain('alert handshake failure')
    expect(error).toContain(party.named(host))
  })

  test('an untrusted certificate names the server and NODE_EXTRA_CA_CERTS', async () => {
    const emulator = await startEmulator()
    const front = await startTlsFront(new URL(emulator.url))
    const error = await errorAt(party, front.url)
    expect(error).toContain('The server certificate is not trusted (unknown issuer)')
    expect(error).toContain('Set NODE_EXTRA_CA_CERTS to the PEM file')
    expect(error).toContain(party.named(new URL(front.url).host))
  })

  test.each<[string, RequestListener, string]>([
    ['302', (_q, r) => void r.writeHead(302, { location: 'https://portal.example/' }).end(), '302'],
    ['200 with HTML', (_q, r) => void r.writeHead(200).end('<html>'), '200'],
    ['404 with HTML', (_q, r) => void r.writeHead(404).end('<html>'), '404'],
    ['503 with HTML', (_q, r) => void r.writeHead(503).end('<html>'), '503'],
    ['407', (_q, r) => void r.writeHead(407).end(), '407'],
    ['no HTTP', (q) => void q.socket.end('garbage\r\n\r\n'), 'a response that is not HTTP'],
    ['a closed connection', (q) => void q.socket.destroy(), 'It closed the connection']
  ])('a proxy without TLS that answers with %s is named', async (_name, listener, text) => {
    const proxy = await serve(listener)
    const through = { http_proxy: `http://me:hunter2@${proxy}`, no_proxy: '127.0.0.1' }
    const error = await errorAt(party, 'http://127.0.0.9:9', through)
    expect(error).toContain(`The proxy ${proxy} (environment variable http_proxy) `)
    expect(error).toContain(text)
    expect(error).not.toMatch(/did not come from|OIDC/)
  })
})

test('a proxy with TLS whose certificate is not trusted is named with NODE_EXTRA_CA_CERTS', async () => {
  const emulator = await startEmulator()
  const front = await startTlsFront(new URL(emulator.url))
  const error = await errorOf({
    HTTPS_PROXY: front.url,
    AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
  })
  expect(error).toContain(`A connection to the proxy ${new URL(front.url).host}`)
  expect(error).toContain(
    'Set NODE_EXTRA_CA_CERTS to the PEM file of the CA certificate of the proxy'
  )
})
