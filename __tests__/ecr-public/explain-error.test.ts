import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { slug } from 'github-slugger'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { errorFacts } from '../../src/ecr-public/error-facts.js'
import { explainBriefly, explainError } from '../../src/ecr-public/explain-error.js'
import type { ErrorContext } from '../../src/ecr-public/explain-error.js'
import { ActionError } from '../../src/runner/errors.js'

const TOKEN = 'IQoJb3JpZ2luX2VjE'.repeat(20)

/** Creates an error as the SDK throws it for an error response of the service. */
function serviceError(
  name: string,
  message: string,
  metadata: Readonly<Record<string, unknown>> = {}
): Error {
  return Object.assign(new Error(message), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: 400, requestId: 'req-1', attempts: 1, ...metadata }
  })
}

/** Creates an error as Node.js throws it for a connection. */
function systemError(code: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
  return Object.assign(new Error(message), { code, ...more })
}

function explained(thrown: unknown, context: ErrorContext = {}): ActionError {
  const error = explainError(thrown, { env: {}, ...context })
  if (error === undefined) throw new Error('not explained')
  return error
}

describe('access denied', () => {
  const user = 'User: arn:aws:sts::123456789012:assumed-role/ci/job is not authorized to perform:'

  test('names the action of the message, the README section, the statement and the request id', () => {
    const error = explained(
      serviceError('AccessDeniedException', `${user} ecr-public:CreateRepository on resource: *`),
      { mode: 'ensure-repo' }
    )
    expect(error.message).toContain('Access denied: ecr-public:CreateRepository is not allowed')
    expect(error.message).toContain('(AWS request ID req-1)')
    expect(error.message).toContain(
      'The README section "Permissions" contains the complete policy of mode ensure-repo.'
    )
    expect(error.details).toContain('"ecr-public:CreateRepository"')
    expect(error.details).toContain('arn:aws:ecr-public::ACCOUNT-ID:repository/*')
  })

  test.each(['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'])(
    'a denied %s adds both actions of an authorization token',
    (action) => {
      const error = explained(serviceError('AccessDeniedException', `${user} ${action}`))
      expect(error.message).toContain(`Access denied: ${action} is not allowed`)
      expect(error.details).toContain('"ecr-public:GetAuthorizationToken"')
      expect(error.details).toContain('"sts:GetServiceBearerToken"')
      expect(error.details).toContain('"Resource": "*"')
    }
  )

  test('names the action of the operation if the message does not contain one', () => {
    const error = explained(serviceError('AccessDeniedException', 'Forbidden'), {
      operation: 'DeleteRepository'
    })
    expect(error.message).toContain('ecr-public:DeleteRepository is not allowed')
  })

  test('explains that an Allow statement cannot override an explicit deny', () => {
    const error = explained(
      serviceError(
        'AccessDeniedException',
        `${user} ecr-public:PutImage with an explicit deny in a service control policy`
      )
    )
    expect(error.message).toContain('ecr-public:PutImage is denied by a service control policy')
    expect(error.message).toContain('An Allow statement cannot override a Deny statement.')
    expect(error.details).toBeUndefined()
  })

  test('does not show a statement if another policy limits the permissions', () => {
    const error = explained(
      serviceError(
        'AccessDeniedException',
        `${user} ecr-public:PutImage because no permissions boundary allows the ecr-public:PutImage action`
      )
    )
    expect(error.message).toContain('ecr-public:PutImage is not allowed by a permissions boundary')
    expect(error.message).toContain('Change the permissions boundary of the role.')
    expect(error.details).toBeUndefined()
  })

  test('names the policy that denies AssumeRoleWithWebIdentity', () => {
    const error = explained(
      serviceError('AccessDenied', 'sts:X with an explicit deny in a resource-based policy'),
      { assumed: { role: 'arn' } }
    )
    expect(error.message).toContain(
      'The IAM role arn could not be assumed: sts:AssumeRoleWithWebIdentity is denied by a resource-based policy'
    )
    expect(error.message).toContain('from the trust policy of the role')
  })

  test("refers to the role's trust policy if the role cannot be assumed", () => {
    const error = explained(
      serviceError('AccessDenied', 'Not authorized to perform: sts:AssumeRoleWithWebIdentity'),
      { assumed: { role: undefined } }
    )
    expect(error.message).toContain('The role does not exist, or its trust policy does not allow')
    expect(error.message).toContain('docs/permissions.md')
  })
})

describe('credentials', () => {
  const none = Object.assign(new Error('Could not load credentials from any providers'), {
    name: 'CredentialsProviderError'
  })

  test('missing credentials: lists the sources with their state, and an OIDC example', () => {
    const error = explained(none, { env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: 'release' } })
    expect(error.message).toContain('AWS credentials were not found')
    expect(error.message).toContain('AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not set')
    expect(error.message).toContain('profile release')
    expect(error.message).toContain('AWS_WEB_IDENTITY_TOKEN_FILE is not set')
    expect(error.message).toContain('EC2 instance metadata')
    expect(error.details).toContain('id-token: write')
    expect(error.details).toContain('role-to-assume: arn:aws:iam::')
    expect(error.message).not.toContain('AKIA')
  })

  test.each<[string, Record<string, string>, string]>([
    ['container', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://x' }, 'container credentials'],
    ['disabled', { AWS_EC2_METADATA_DISABLED: 'true' }, 'EC2 instance metadata (disabled)']
  ])('missing credentials: %s source', (_name, env, text) => {
    expect(explained(none, { env }).message).toContain(text)
  })

  test('quotes the message of a credential provider', () => {
    const error = Object.assign(new Error('Could not resolve credentials using profile: [x]'), {
      name: 'CredentialsProviderError'
    })
    expect(explained(error).message).toContain('using profile: [x]')
  })

  test.each(['ExpiredTokenException', 'ExpiredToken'])('%s is an expired session', (name) => {
    const { message } = explained(serviceError(name, 'The security token included is expired'))
    expect(message).toContain('The AWS session has expired')
    expect(message).toContain('"role-to-assume", which renews the session')
    expect(message).toContain('docs/permissions.md#credentials-from-another-action')
  })

  test.each([
    ['InvalidIdentityToken', 'No OpenIDConnect provider found', 'the-role-and-its-trust-policy'],
    ['InvalidIdentityToken', 'verification key', 'if-the-role-cannot-be-assumed'],
    ['ExpiredTokenException', 'expired', 'if-the-role-cannot-be-assumed'],
    ['IDPRejectedClaimException', 'rejected', 'if-the-role-cannot-be-assumed'],
    ['IDPCommunicationErrorException', 'no response', 'if-the-role-cannot-be-assumed'],
    ['ValidationError', 'Request ARN is invalid', 'if-the-role-cannot-be-assumed'],
    ['RegionDisabledException', 'not active', 'if-the-role-cannot-be-assumed'],
    ['AccessDenied', 'Not authorized', 'the-role-and-its-trust-policy']
  ])('%s of STS (%s) links to a section of the page about permissions', (name, text, section) => {
    const { message } = explained(serviceError(name, text), { assumed: { role: 'arn' } })
    expect(message).toContain(`docs/permissions.md#${section}.`)
    const page = readFileSync(join(import.meta.dirname, '../../docs/permissions.md'), 'utf8')
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading))
    expect(headings).toContain(section)
  })

  test('invalid credentials: detects the missing session token of a temporary key', () => {
    const thrown = serviceError('UnrecognizedClientException', 'The security token is invalid')
    expect(explained(thrown, { env: { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE' } }).message).toContain(
      'AWS_SESSION_TOKEN is not set'
    )
    expect(explained(thrown).message).toContain('deactivated')
  })

  test.each([
    ['InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier than …'],
    ['InvalidSignatureException', 'Signature not yet current: 20990101T000000Z'],
    ['RequestTimeTooSkewed', 'The difference is too large']
  ])('%s, %s: the clock of the runner is wrong', (name, text) => {
    expect(explained(serviceError(name, text)).message).toContain(
      'The clock of the runner is wrong'
    )
  })

  test('a signature that does not match is reported without the signed request', () => {
    const text = `The request signature we calculated does not match.\nx-amz-security-token:${TOKEN}`
    const error = explained(serviceError('SignatureDoesNotMatch', text))
    expect(error.message).toContain('rejected the signature')
    expect(error.message).not.toContain(TOKEN)
    expect(error.cause).toBeUndefined()
  })

  test('a web identity token file that does not exist is named', () => {
    const { message } = explained(systemError('ENOENT', 'ENOENT: no such file, open'), {
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token' }
    })
    expect(message).toContain('"/nowhere/token"')
  })
})

describe('error responses of the service', () => {
  test.each([
    ['ThrottlingException', 'was throttled after 5 attempts', 'with "max-parallel" of a matrix'],
    ['TooManyRequestsException', 'was throttled after 5 attempts', 'max-attempts'],
    [
      'UnsupportedCommandException',
      'is not supported by the endpoint',
      'Unset AWS_ENDPOINT_URL, or set it to an endpoint in us-east-1.'
    ],
    ['LimitExceededException', 'would exceed a quota', 'public-service-quotas'],
    ['RepositoryNotFoundException', 'The repository does not exist', 'ensure-repo'],
    ['RegistryNotFoundException', 'The registry does not exist', 'registry-id'],
    ['InvalidParameterException', 'ECR Public rejected PutImage', 'because so']
  ])('%s', (name, what, fix) => {
    const thrown = serviceError(name, 'because so', { attempts: 5 })
    const env = { AWS_ENDPOINT_URL: 'https://ecr.example' }
    const { message } = explained(thrown, { operation: 'PutImage', env })
    expect(message).toContain(what)
    expect(message).toContain(fix)
    expect(message).toContain('req-1')
  })

  test('a failing service is reported with its status and the number of attempts', () => {
    const thrown = serviceError('ServerException', 'internal', { httpStatusCode: 500, attempts: 5 })
    expect(explained(thrown).message).toContain('ECR Public failed to process the API call')
    expect(explained(thrown).message).toContain('after 5 attempts')
    const html = Object.assign(new SyntaxError('Unexpected token <'), {
      $metadata: { httpStatusCode: 503 }
    })
    expect(explained(html).message).toContain('HTTP status 503')
  })
})

describe('the network', () => {
  const proxyEnv = { HTTPS_PROXY: 'http://me:pa55word@proxy.example:3128' }

  test.each<[string, unknown, Record<string, string>, string[]]>([
    [
      'an unknown host',
      systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND api', { hostname: 'api' }),
      {},
      ['The name of the host cannot be resolved', '"api"', 'api.ecr-public.us-east-1.amazonaws.com']
    ],
    [
      'an endpoint that is not running',
      systemError('ECONNREFUSED', 'x', { address: '127.0.0.1', port: 5111 }),
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:5111' },
      ['The host refused', '127.0.0.1:5111', 'AWS_ENDPOINT_URL is running']
    ],
    [
      'an unknown host whose endpoint variable is turned off',
      systemError('ENOTFOUND', 'x', { hostname: 'api' }),
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:5111', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      ['"api"', 'api.ecr-public.us-east-1.amazonaws.com']
    ],
    [
      'several addresses',
      new AggregateError([systemError('ECONNREFUSED', 'x', { address: '::1', port: 1 })]),
      {},
      ['refused the connection', '::1:1']
    ],
    [
      'a self-signed certificate',
      systemError('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate'),
      {},
      ['NODE_EXTRA_CA_CERTS']
    ],
    ['an expired certificate', systemError('CERT_HAS_EXPIRED', 'x'), {}, ['clock']],
    ['the wrong certificate', systemError('ERR_TLS_CERT_ALTNAME_INVALID', 'x'), {}, ['another']],
    [
      'no TLS',
      systemError('EPROTO', 'wrong version number', { host: 'ecr.example' }),
      {},
      ['The server does not support TLS: "ecr.example"']
    ],
    [
      'a TLS alert through a proxy',
      systemError('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tlsv1 alert protocol version'),
      proxyEnv,
      ['The TLS handshake with the server failed', 'The request used the proxy proxy.example:3128']
    ],
    [
      'a certificate that a proxy replaced',
      systemError('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed'),
      proxyEnv,
      ['NODE_EXTRA_CA_CERTS', 'The request used the proxy proxy.example:3128 of HTTPS_PROXY.']
    ],
    [
      'a proxy that blocks the host',
      Object.assign(new SyntaxError('<'), { $metadata: { httpStatusCode: 403 } }),
      proxyEnv,
      ['The response did not come from Amazon ECR Public', 'NO_PROXY']
    ],
    [
      'a lost connection',
      systemError('ECONNRESET', 'x', { $metadata: { attempts: 3 } }),
      proxyEnv,
      ['Amazon ECR Public was lost after 3 attempts', 'the proxy proxy.example:3128 of HTTPS_PROXY']
    ],
    ['a time-out', Object.assign(new Error('late'), { name: 'TimeoutError' }), {}, ['"late"']]
  ])('%s', (_name, thrown, env, texts) => {
    const { message } = explained(thrown, { env })
    for (const text of texts) expect(message).toContain(text)
    expect(message).not.toContain('pa55word')
  })

  test('an invalid proxy variable does not hide the error', () => {
    const env = { HTTPS_PROXY: 'ftp://x' }
    expect(explained(systemError('ECONNRESET', 'x'), { env }).message).toContain('ECONNRESET')
  })
})

describe('an error of another kind', () => {
  test('that is an ActionError is returned unchanged', () => {
    const error = new ActionError('known')
    expect(explainError(error)).toBe(error)
  })

  test.each<[string, unknown]>([
    ['an error in this action', new TypeError('x is not a function')],
    ['a text', 'text'],
    ['nothing', undefined],
    ['null', null]
  ])('%s is not explained', (_name, thrown) => {
    expect(explainError(thrown)).toBeUndefined()
  })

  test('has its message as the brief explanation', () => {
    expect(explainBriefly(new Error('plain'))).toBe('plain')
  })
})

test('messages do not contain secrets', () => {
  const facts = errorFacts(
    new Error(`a https://me:pw@host/x ${TOKEN} x-amz-security-token: abc\nsecond line`)
  )
  expect(facts.message).toBe('a https://…@host/x … x-amz-security-token: …')
  expect(errorFacts(new Error('b '.repeat(400))).message).toHaveLength(401)
})

test('errors of the client are explained with their operation', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(400, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': 'req-2'
    })
    response.end('{"__type":"AccessDeniedException","Message":"no"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const api = createEcrPublicClient({
    maxAttempts: 1,
    env: {},
    endpoints: { api: `http://127.0.0.1:${String(port)}`, useDualStack: false },
    signal: new AbortController().signal,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    log: {
      info: () => undefined,
      notice: () => undefined,
      warning: () => undefined,
      debug: () => undefined,
      group: (_title, body) => body()
    }
  })
  const thrown = await api.send(new DescribeRepositoriesCommand({})).catch((e: unknown) => e)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(explained(thrown).message).toMatch(/ecr-public:DescribeRepositories.*req-2/)
})
