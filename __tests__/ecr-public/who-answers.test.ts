import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startTlsFront } from '../helpers/tls.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener, connect?: string): Promise<string> {
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

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true'
}
const MODES = [
  { mode: 'login' },
  { mode: 'ensure-repo', repository: 'app' },
  { mode: 'sync-catalog', repository: 'app', description: 'text' },
  { mode: 'cleanup-tags', repository: 'app', 'keep-latest': '1' }
]

async function errorOf(
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
  expect(run.log).not.toContain('hunter2')
  return run.errors[0] ?? ''
}

describe('a proxy that answers CONNECT', () => {
  test.each([
    ['407 Proxy Authentication Required', 'refused the user name and password: "HTTP status 407"'],
    ['403 Forbidden', 'refused the request to ecr.example: "HTTP status 403"'],
    ['400 Bad Request', 'refused the request to ecr.example: "HTTP status 400"'],
    ['302 Found', 'refused the request to ecr.example: "HTTP status 302"'],
    ['502 Bad Gateway', 'refused the request to ecr.example: "HTTP status 502"'],
    ['503 Service Unavailable', 'refused the request to ecr.example: "HTTP status 503"'],
    ['', 'refused the request to ecr.example. It closed the connection.']
  ])('with "%s" is named with its variable', async (status, text) => {
    const proxy = await serve(() => undefined, status)
    for (const inputs of MODES) {
      const env = {
        HTTPS_PROXY: `http://me:hunter2@${proxy}`,
        AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
      }
      const message = await errorOf(env, inputs)
      expect(message).toContain(`The proxy ${proxy} (environment variable HTTPS_PROXY) ${text}`)
      expect(message).not.toMatch(/ECR Public|AWS health/)
    }
  })

  test('with an invalid percent-encoding in its password is refused at once', async () => {
    const env = {
      https_proxy: 'http://me:hunter2%@127.0.0.1:9',
      AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
    }
    expect(await errorOf({ ...env })).toContain(
      'The user name or password in the environment variable https_proxy is not valid'
    )
  })

  test('but is not running, or does not exist, is named', async () => {
    const endpoint = { AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example' }
    expect(await errorOf({ ...endpoint, ALL_PROXY: 'http://127.0.0.1:9' })).toContain(
      'A connection to the proxy 127.0.0.1:9 (environment variable ALL_PROXY) is not possible'
    )
    expect(await errorOf({ ...endpoint, HTTPS_PROXY: 'http://proxy.invalid' })).toContain(
      'The proxy proxy.invalid:80 (environment variable HTTPS_PROXY) was not found'
    )
  })
})

describe('a proxy that answers a plain request', () => {
  test.each<[string, RequestListener, string]>([
    ['407', (_q, r) => void r.writeHead(407).end(), 'requires a user name and password'],
    [
      '403',
      (_q, r) => void r.writeHead(403).end(),
      'refused the request to 127.0.0.1:9: "HTTP status 403"'
    ],
    [
      '400 with HTML',
      (_q, r) => void r.writeHead(400).end('<html>'),
      'refused the request to 127.0.0.1:9: "HTTP status 400"'
    ],
    [
      '503',
      (_q, r) => void r.writeHead(503).end(),
      'refused the request to 127.0.0.1:9: "HTTP status 503"'
    ],
    ['a closed connection', (q) => void q.socket.destroy(), 'It closed the connection.']
  ])('with %s is named with its variable', async (_name, listener, text) => {
    const proxy = await serve(listener)
    const env = { http_proxy: `http://${proxy}`, AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://127.0.0.1:9' }
    const message = await errorOf(env)
    expect(message).toContain(`The proxy ${proxy} (environment variable http_proxy)`)
    expect(message).toContain(text)
  })
})

describe('a server that answers as the API', () => {
  test.each<[string, RequestListener, RegExp]>([
    [
      '403 without a body',
      (_q, r) => void r.writeHead(403).end(),
      /did not come from Amazon ECR Public: "HTTP status 403".*AWS_ENDPOINT_URL_ECR_PUBLIC/
    ],
    [
      '200 with HTML',
      (_q, r) => void r.writeHead(200).end('<html>'),
      /did not come from Amazon ECR Public: "HTTP status 200"/
    ],
    [
      '503 with HTML',
      (_q, r) => void r.writeHead(503).end('<html>'),
      /did not come from Amazon ECR Public: "HTTP status 503"/
    ],
    [
      '500 with a request ID',
      (_q, r) =>
        void r.writeHead(500, { 'x-amzn-requestid': 'req-9' }).end('{"__type":"ServerException"}'),
      /Amazon ECR Public failed to process.*req-9|req-9.*Amazon ECR Public failed/
    ],
    [
      'a closed connection',
      (q) => void q.socket.destroy(),
      /The connection to Amazon ECR Public was lost/
    ]
  ])('with %s is named', async (_name, listener, text) => {
    const host = await serve(listener)
    for (const inputs of MODES) {
      expect(await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: `http://${host}` }, inputs)).toMatch(text)
    }
  })
})

/** A response of STS with an error, as the service sends it. */
function stsError(code: string, message: string, status = 400): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'x-amzn-requestid': 'req-1', 'content-type': 'text/xml' })
    response.end(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`
    )
  }
}

const ROLE = 'arn:aws:iam::123456789012:role/ci'
const SUBJECT = 'repo:o/r:ref:refs/heads/main'

describe('a server that answers as STS', () => {
  test.each<[string, RequestListener, string]>([
    [
      'InvalidIdentityToken',
      stsError('InvalidIdentityToken', 'No OpenIDConnect provider found in your account'),
      'Create the OIDC provider in the account of the role'
    ],
    [
      'ExpiredTokenException',
      stsError('ExpiredTokenException', 'Token expired'),
      'The OIDC token has expired'
    ],
    [
      'IDPCommunicationError',
      stsError('IDPCommunicationError', 'no response'),
      'AWS could not reach the OIDC provider'
    ],
    ['IDPRejectedClaim', stsError('IDPRejectedClaim', 'bad', 403), 'not valid or was revoked'],
    [
      'ValidationError',
      stsError('ValidationError', 'Request ARN is invalid'),
      'Check "role-to-assume"'
    ],
    [
      'AccessDenied',
      stsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403),
      `The subject of the OIDC token is "${SUBJECT}"`
    ],
    [
      '503 without a body',
      (_q, r) => void r.writeHead(503).end(),
      'The response did not come from AWS STS'
    ],
    ['200 with HTML', (_q, r) => void r.writeHead(200).end('<html>no'), 'AWS STS'],
    ['a closed connection', (q) => void q.socket.destroy(), 'The connection to AWS STS was lost'],
    [
      'Throttling',
      stsError('Throttling', 'Rate exceeded'),
      'AssumeRoleWithWebIdentity was throttled'
    ]
  ])('with %s is named', async (_name, listener, text) => {
    const emulator = await startEmulator()
    const sts = await serve(listener)
    const message = await errorOf(
      {
        ...emulator.env,
        AWS_ENDPOINT_URL_STS: `http://${sts}`,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token?sub=${SUBJECT}`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
      },
      { mode: 'login', 'role-to-assume': ROLE }
    )
    expect(message).toContain(text)
    expect(message).not.toContain('ECR Public')
  })

  test('is named as well if the SDK assumes the role of the environment', async () => {
    const emulator = await startEmulator()
    const sts = await serve(stsError('InvalidIdentityToken', 'No OpenIDConnect provider found'))
    const message = await errorOf({
      AWS_ENDPOINT_URL_ECR_PUBLIC: emulator.url,
      AWS_ENDPOINT_URL_STS: `http://${sts}`,
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_ROLE_ARN: ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: import.meta.filename
    })
    expect(message).toContain(`The IAM role ${ROLE} could not be assumed`)
    expect(message).toContain('Create the OIDC provider')
  })
})

describe("a server that answers as GitHub's token endpoint", () => {
  test.each<[string, RequestListener, string]>([
    ['403', (_q, r) => void r.writeHead(403).end(), 'GitHub refused to issue an OIDC token'],
    ['500', (_q, r) => void r.writeHead(500).end(), "GitHub's OIDC token endpoint failed"],
    [
      'HTML',
      (_q, r) => void r.end('<html>'),
      "The response of GitHub's OIDC token endpoint does not contain a token"
    ],
    [
      'a text that is not a token',
      (_q, r) => void r.end('{"value":"hunter3"}'),
      'does not contain a token'
    ],
    [
      'a closed connection',
      (q) => void q.socket.destroy(),
      "GitHub's OIDC token endpoint did not respond"
    ]
  ])('with %s is named', async (_name, listener, text) => {
    const gitHub = await serve(listener)
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${gitHub}/?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter4'
    }
    expect(await errorOf(env, { mode: 'login', 'role-to-assume': ROLE })).toContain(text)
  })

  test('is not asked if the job does not have the permission', async () => {
    const message = await errorOf({}, { mode: 'login', 'role-to-assume': ROLE })
    expect(message).toContain('The job does not have the permission "id-token: write"')
    expect(message).toContain('docs/permissions.md')
  })
})

test('a host that DNS does not know is named', async () => {
  const message = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.invalid' })
  expect(message).toMatch(/The name of the host cannot be resolved: "ecr\.invalid/)
})

test('a certificate that is not trusted is named', async () => {
  const emulator = await startEmulator()
  const front = await startTlsFront(new URL(emulator.url))
  const message = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: front.url })
  expect(message).toContain('The server certificate is not trusted')
})
