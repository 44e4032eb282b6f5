import type { RequestListener } from 'node:http'
import { startEmulator } from '../../helpers/start-emulator.js'
import { startTlsFront } from '../../helpers/tls.js'
import { ANSWER_ROWS, errorOf, serve } from '../../helpers/who-answers.js'
import type { ANSWERS } from '../../helpers/who-answers.js'

/** Runs that fail before they read any file. */
const MODES = [
  { mode: 'login' },
  { mode: 'ensure-repo', repository: 'app' },
  { mode: 'sync-catalog', repository: 'app', description: 'text' },
  { mode: 'push-tar', repository: 'app', from: 'rc:v1', 'image-tags': 'v2' },
  { mode: 'cleanup-tags', repository: 'app', 'keep-latest': '1' }
]

const SEED = { repositories: [{ name: 'app', images: [{ tags: [{ tag: 'pr-1' }] }] }] }

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
      'InvalidIdentityToken for the audience',
      stsError('InvalidIdentityToken', 'Incorrect token audience'),
      'Add the audience to the OIDC provider'
    ],
    [
      'InvalidIdentityToken for the key',
      stsError('InvalidIdentityToken', 'Could not retrieve verification key from your provider'),
      'AWS could not retrieve the verification key of the OIDC provider'
    ],
    [
      'InvalidIdentityToken for another reason',
      stsError('InvalidIdentityToken', 'bad'),
      'Check the OIDC provider in the account of the role'
    ],
    [
      'ExpiredTokenException',
      stsError('ExpiredTokenException', 'Token expired'),
      'The OIDC token has expired'
    ],
    ['ExpiredToken', stsError('ExpiredToken', 'Token expired', 403), 'The OIDC token has expired'],
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
    ...ANSWER_ROWS.map(([answer, listener]): [string, RequestListener, string] => [
      answer,
      listener,
      /^\d/.test(answer)
        ? `The response did not come from AWS STS: "HTTP status ${answer.slice(0, 3)}"`
        : 'AWS STS'
    ]),
    ...[401, 404].map((status): [string, RequestListener, string] => [
      `${String(status)} without a body`,
      (_request, response) => void response.writeHead(status).end(),
      `The response did not come from AWS STS: "HTTP status ${String(status)}"`
    ]),
    [
      'an explicit deny',
      stsError(
        'AccessDenied',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity with an explicit deny in a service control policy',
        403
      ),
      'sts:AssumeRoleWithWebIdentity is denied by a service control policy'
    ],
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
    if (message.includes('did not come from')) expect(message).toContain('AWS_ENDPOINT_URL_STS')
  })

  test.each([
    ['IDPCommunicationError', 'no response'],
    ['InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider"]
  ])('with %s is called again', async (code, text) => {
    const emulator = await startEmulator()
    let calls = 0
    const sts = await serve((request, response) => {
      calls++
      stsError(code, text)(request, response)
    })
    const env = {
      ...emulator.env,
      AWS_ENDPOINT_URL_STS: `http://${sts}`,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
    }
    const inputs = { mode: 'login', 'role-to-assume': ROLE, 'max-attempts': '2' }
    expect(await errorOf(env, inputs)).toContain('could not be assumed after 2 attempts')
    expect(calls).toBe(2)
  })

  test.each(MODES)(
    'is named in every mode, and so is a host that does not exist: %j',
    async (inputs) => {
      const emulator = await startEmulator()
      const env = {
        ...emulator.env,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
      }
      const sts = await serve(stsError('AccessDenied', 'Not authorized', 403))
      const withRole = { ...inputs, 'role-to-assume': ROLE }
      const denied = await errorOf({ ...env, AWS_ENDPOINT_URL_STS: `http://${sts}` }, withRole)
      expect(denied).toContain(
        `The IAM role ${ROLE} could not be assumed (AWS request ID req-1): "AccessDenied`
      )
      const missing = await errorOf(
        { ...env, AWS_ENDPOINT_URL_STS: 'https://sts.invalid' },
        withRole
      )
      expect(missing).toMatch(/cannot be resolved: "sts\.invalid.*AWS_ENDPOINT_URL_STS/)
      const url = 'https://oidc.invalid/token'
      const noToken = await errorOf({ ...env, ACTIONS_ID_TOKEN_REQUEST_URL: url }, withRole)
      expect(noToken).toMatch(
        /^GitHub's OIDC token endpoint did not respond: "oidc\.invalid"\. The name of the host cannot be resolved\..*Allow the runner to connect to oidc\.invalid/
      )
    }
  )

  test('names a subject with IDs, which a condition with names does not match', async () => {
    const emulator = await startEmulator()
    const sts = await serve(stsError('AccessDenied', 'Not authorized', 403))
    const message = await errorOf(
      {
        AWS_ENDPOINT_URL_STS: `http://${sts}`,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token?sub=repo:o@12/r@34:pull_request`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
      },
      { mode: 'login', 'role-to-assume': ROLE }
    )
    expect(message).toContain(
      '"repo:o@12/r@34:pull_request". It contains the IDs of the owner and the repository.'
    )
  })

  test('with a certificate that is not trusted is named', async () => {
    const emulator = await startEmulator()
    const front = await startTlsFront(new URL(emulator.url))
    const token = { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token' }
    const inputs = { mode: 'login', 'role-to-assume': ROLE }
    const ofSts = await errorOf(
      {
        ...emulator.env,
        ...token,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
        AWS_ENDPOINT_URL_STS: front.url
      },
      inputs
    )
    expect(ofSts).toContain('The server certificate is not trusted')
    const ofGitHub = await errorOf({ ...token, ACTIONS_ID_TOKEN_REQUEST_URL: front.url }, inputs)
    expect(ofGitHub).toMatch(
      /GitHub's OIDC token endpoint did not respond: .*self-signed certificate.*NODE_EXTRA_CA_CERTS/
    )
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

const TOKEN_ERROR: Readonly<Partial<Record<keyof typeof ANSWERS, string>>> = {
  '403 without a body': 'GitHub refused to issue an OIDC token',
  '404 with HTML': "The response did not come from GitHub's OIDC token endpoint",
  '200 with HTML': "The response did not come from GitHub's OIDC token endpoint",
  'a response that is not HTTP': 'The response is not HTTP'
}

describe("a server that answers as GitHub's token endpoint", () => {
  test.each(ANSWER_ROWS)('with %s is named', async (answer, listener) => {
    const gitHub = await serve(listener)
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${gitHub}/?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter4'
    }
    const error = await errorOf(env, { mode: 'login', 'role-to-assume': ROLE })
    expect(error).toContain(TOKEN_ERROR[answer] ?? "GitHub's OIDC token endpoint")
    expect(error).not.toMatch(/AWS|ECR/)
  })

  test.each<[string, RequestListener, RegExp]>([
    [
      'a redirect',
      (_request, response) =>
        void response.writeHead(302, { location: 'https://portal.example/login?a' }).end(),
      /^The response did not come from GitHub's OIDC token endpoint: "[^"]*HTTP status 302, redirect to portal\.example"/
    ],
    [
      '401 with JSON',
      (_request, response) => void response.writeHead(401).end('{"message":"no"}'),
      /^GitHub refused to issue an OIDC token .*HTTP status 401".* Add "permissions: id-token: write"/
    ],
    [
      'JSON without a value',
      (_request, response) => void response.end('{"count":1}'),
      /^The response of GitHub's OIDC token endpoint does not contain a token/
    ],
    [
      '503 with JSON',
      (_request, response) => void response.writeHead(503).end('{}'),
      /^GitHub's OIDC token endpoint failed: .*githubstatus/
    ]
  ])('with %s is named, with a fix', async (_name, listener, expected) => {
    const gitHub = await serve(listener)
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${gitHub}/?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter4'
    }
    const error = await errorOf(env, { mode: 'login', 'role-to-assume': ROLE })
    expect(error).toMatch(expected)
    expect(error).not.toMatch(/hunter4|AWS|firewall refused/)
  })

  test('with a text that is not a token is named, and the text is not shown', async () => {
    const gitHub = await serve((_request, response) => void response.end('{"value":"hunter2"}'))
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${gitHub}/?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter4'
    }
    expect(await errorOf(env, { mode: 'login', 'role-to-assume': ROLE })).toContain(
      'does not contain a token'
    )
  })

  test('is not asked if the job does not have the permission', async () => {
    const message = await errorOf({}, { mode: 'login', 'role-to-assume': ROLE })
    expect(message).toContain('The job does not have the permission "id-token: write"')
    expect(message).toContain('docs/permissions.md')
  })

  test('is not named if a proxy refused the request', async () => {
    const proxy = await serve((_request, response) => void response.writeHead(403).end('<html>'))
    const env = {
      http_proxy: `http://${proxy}`,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter4'
    }
    expect(await errorOf(env, { mode: 'login', 'role-to-assume': ROLE })).toContain(
      `The proxy ${proxy} (environment variable http_proxy) refused the request to 127.0.0.1:9`
    )
  })
})

test.each(ANSWER_ROWS)(
  'a server that answers as the API of GitHub with %s is named',
  async (answer, listener) => {
    const emulator = await startEmulator({ seed: SEED })
    const gitHub = await serve(listener)
    const env = {
      ...emulator.env,
      GITHUB_REPOSITORY: 'octo-org/octo-repo',
      GITHUB_REPOSITORY_ID: '1',
      GITHUB_GRAPHQL_URL: `http://${gitHub}/graphql`
    }
    const error = await errorOf(env, {
      mode: 'cleanup-tags',
      repository: 'app',
      'closed-pull-requests': 'pr-{number}',
      'github-token': 'hunter2-token'
    })
    expect(error).toContain(
      answer === '200 with HTML'
        ? `The response of ${gitHub} did not come from GitHub's API`
        : `Cannot read the pull requests from ${gitHub}`
    )
    expect(error).not.toContain('. . ')
    expect(error).not.toMatch(/AWS|ECR/)
  }
)
