import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { findProfile } from '../../src/ecr-public/find-profile.js'
import { createLog } from '../../src/runner/report.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

const KEYS = { AccessKeyId: 'AKIAOFTHEMACHINE', SecretAccessKey: 'one', Token: 'two' }
const EXPIRATION = '2100-01-01T00:00:00Z'
const ROLE = 'arn:aws:iam::123456789012:role/publish'

let directory = ''
const servers: Server[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true, force: true })
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A server of credentials that the machine has itself, as of a container. */
async function serveMachine(onRequest: () => void): Promise<string> {
  return serve((_request, response) => {
    onRequest()
    response.end(JSON.stringify({ ...KEYS, Expiration: EXPIRATION }))
  })
}

/** The calls of STS, each with the access key that signed it. It responds with credentials, or with an error. */
async function serveSts(calls: string[], code?: string): Promise<string> {
  return serve((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const action = /Action=(\w+)/.exec(body)?.[1] ?? ''
      calls.push(`${action} ${keyOf(request) ?? ''}`)
      response.writeHead(code === undefined ? 200 : 403, {
        'content-type': 'text/xml',
        'x-amzn-requestid': 'id-1'
      })
      response.end(
        code === undefined
          ? `<${action}Response><${action}Result><Credentials><AccessKeyId>ASIAOFTHEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${EXPIRATION}</Expiration></Credentials></${action}Result></${action}Response>`
          : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error><RequestId>id-1</RequestId></ErrorResponse>`
      )
    })
  })
}

/** Returns the access key that signed a request. */
function keyOf({ headers }: IncomingMessage): string | undefined {
  return /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]
}

interface MachineRun {
  readonly errors: readonly string[]
  readonly log: string
  /** The number of API calls. */
  readonly calls: number
  /** The access keys that signed the calls of the API. */
  readonly keys: readonly string[]
  /** The number of requests for the credentials of the machine. */
  readonly machineRequests: number
}

/** Runs a step on a machine that has credentials of its own. */
async function runOnMachine(
  env: Readonly<Record<string, string>>,
  config = '[profile without-settings]\n[profile region-only]\nregion = eu-west-1\n',
  credentials = '[keys]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n'
): Promise<MachineRun> {
  const emulator = await startEmulator()
  const keys: string[] = []
  emulator.onRequest((request) => {
    if (request.headers['x-amz-target'] !== undefined) keys.push(keyOf(request) ?? '')
  })
  let machineRequests = 0
  const machine = await serveMachine(() => (machineRequests += 1))
  await writeFile(join(directory, 'config'), config)
  await writeFile(join(directory, 'credentials'), credentials)
  const run = await runAction(
    { mode: 'login' },
    {
      env: {
        PATH: '/nowhere',
        HOME: directory,
        AWS_ENDPOINT_URL_ECR_PUBLIC: emulator.url,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: machine,
        AWS_CONFIG_FILE: join(directory, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
        ...env
      }
    }
  )
  const { errors, log } = run
  return { errors, log, calls: (await emulator.operations()).length, keys, machineRequests }
}

test('a profile that does not exist is an error, and the credentials of the machine are not used', async () => {
  const { errors, calls } = await runOnMachine({ AWS_PROFILE: 'publish' })
  expect(errors).toEqual([
    `The profile of the environment variable AWS_PROFILE does not exist: "publish". The files ${join(directory, 'config')} and ${join(directory, 'credentials')} do not contain it. Add the profile, or unset AWS_PROFILE to use other credentials.`
  ])
  expect(calls).toBe(0)
})

test('finds a profile whose line has a comment with brackets', async () => {
  const { errors, keys } = await runOnMachine(
    { AWS_PROFILE: 'publish' },
    `[profile publish] # see [wiki]\n${STATIC}`
  )
  expect(errors).toEqual([])
  expect(new Set(keys)).toEqual(new Set(['AKIAX']))
})

test.each<Record<string, string>>([
  {},
  { AWS_PROFILE: '' },
  { AWS_PROFILE: 'default' },
  { AWS_PROFILE: 'region-only' },
  { AWS_PROFILE: 'keys' },
  { AWS_PROFILE: 'without-settings' },
  { AWS_PROFILE: 'publish', AWS_ACCESS_KEY_ID: 'AKIAX', AWS_SECRET_ACCESS_KEY: 'x' }
])('the credentials are used with %j', async (env) => {
  expect((await runOnMachine(env)).errors).toEqual([])
})

test('a profile of AWS_DEFAULT_PROFILE, which only the AWS CLI uses, is a warning', async () => {
  const { errors, keys, log } = await runOnMachine({ AWS_DEFAULT_PROFILE: 'keys' })
  expect(errors).toEqual([])
  expect(new Set(keys)).toEqual(new Set([KEYS.AccessKeyId]))
  expect(log).toContain(
    '::warning::The environment variable AWS_DEFAULT_PROFILE is ignored: "keys". The AWS CLI uses this profile, but this step does not. Set AWS_PROFILE to use it, or unset AWS_DEFAULT_PROFILE.'
  )
})

test.each<Record<string, string>>([
  { AWS_DEFAULT_PROFILE: '' },
  { AWS_DEFAULT_PROFILE: 'default' },
  { AWS_DEFAULT_PROFILE: 'keys', AWS_PROFILE: 'keys' },
  { AWS_DEFAULT_PROFILE: 'keys', AWS_ACCESS_KEY_ID: 'AKIAX', AWS_SECRET_ACCESS_KEY: 'x' }
])(
  'AWS_DEFAULT_PROFILE is not a warning if the AWS CLI uses the same credentials: %j',
  async (env) => {
    expect((await runOnMachine(env)).log).not.toContain('AWS_DEFAULT_PROFILE')
  }
)

/** Returns a credential process that prints the text. */
function printing(text: string): string {
  return `/bin/echo '${text}'`
}

const EXPIRED = JSON.stringify({
  Version: 1,
  AccessKeyId: 'AKIAX',
  SecretAccessKey: 'x',
  Expiration: '2020-01-01T00:00:00Z'
})
const SSO = `sso_account_id = 123456789012\nsso_role_name = r\n`

describe('if the profile of AWS_PROFILE configures credentials that fail, the step fails', () => {
  const role = `role_arn = ${ROLE}\n`
  test.each<[name: string, profile: string, rest: string, cause: string]>([
    [
      'a process that exits with an error',
      `credential_process = /bin/sh -c 'echo "vault is sealed" >&2; exit 1'`,
      '',
      'credential_process failed: vault is sealed'
    ],
    ['a process that does not exist', 'credential_process = /nowhere/helper', '', 'not found'],
    [
      'a process without a message',
      'credential_process = /bin/sh -c "exit 3"',
      '',
      'credential_process failed'
    ],
    [
      'an expired result',
      `credential_process = ${printing(EXPIRED)}`,
      '',
      'Profile publish credential_process returned expired credentials.'
    ],
    ['an invalid result', `credential_process = ${printing('x')}`, '', 'invalid JSON'],
    ['a missing source_profile', `${role}source_profile = missing`, '', '[missing]'],
    ['a role without a source', role, '', 'Could not resolve credentials'],
    ['a source_profile without a role', 'source_profile = missing', '', '[publish]'],
    [
      'a cycle of source profiles',
      `${role}source_profile = b`,
      `[profile b]\n${role}source_profile = publish\n`,
      'Detected a cycle'
    ],
    ['an unknown credential_source', `${role}credential_source = X`, '', 'Unsupported credential'],
    ['MFA', `${role}source_profile = b\nmfa_serial = m`, '[profile b]\n', 'multi-factor'],
    [
      'an SSO session that does not exist',
      `${SSO}sso_session = s`,
      '[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://s.invalid/start\n',
      'The SSO session token associated with profile=publish was not found or is invalid.'
    ],
    ['an SSO session that is not configured', `${SSO}sso_session = s`, '', 'publish'],
    [
      'an expired SSO session',
      `${SSO}sso_region = us-east-1\nsso_start_url = https://expired.invalid/start`,
      '',
      'has expired'
    ],
    ['incomplete SSO', 'sso_start_url = https://s.invalid/start', '', 'invalid SSO credentials'],
    [
      'a token file that does not exist',
      `${role}web_identity_token_file = /nowhere/token`,
      '',
      "ENOENT: no such file or directory, open '/nowhere/token'"
    ],
    ['a token file without a role', 'web_identity_token_file = /nowhere/token', '', '[publish]'],
    ['a session of aws login', 'login_session = arn:aws:iam::1:user/u', '', 'Failed to load token'],
    ['a key without its secret', 'aws_access_key_id = AKIAX', '', '[publish]'],
    ['empty access keys', 'aws_access_key_id =\naws_secret_access_key =', '', '[publish]'],
    ['empty access keys and a region', 'region = us-east-1\naws_access_key_id =', '', '[publish]'],
    [
      'access keys with colons',
      'aws_access_key_id: AKIAX\naws_secret_access_key: x',
      '',
      'publish'
    ],
    ['an empty credential_process', 'region = us-east-1\ncredential_process =', '', '[publish]'],
    ['an empty role_arn', 'region = us-east-1\nrole_arn = ', '', '[publish]'],
    ['names in upper case', 'AWS_ACCESS_KEY_ID = AKIAX\nAWS_SECRET_ACCESS_KEY = x', '', '[publish]']
  ])('%s', async (_name, profile, rest, cause) => {
    const cache = join(directory, '.aws', 'sso', 'cache')
    await mkdir(cache, { recursive: true })
    const token = { accessToken: 'a', expiresAt: '2020-01-01T00:00:00Z' }
    const file = createHash('sha1').update('https://expired.invalid/start').digest('hex')
    await writeFile(join(cache, `${file}.json`), JSON.stringify(token))
    const run = await runOnMachine(
      { AWS_PROFILE: 'publish' },
      `[profile publish]\n${profile}\n\n${rest}`
    )
    expect(run.machineRequests).toBe(0)
    expect(run.keys).toEqual([])
    expect(run.errors).toEqual([
      expect.stringMatching(
        /^The (?:credentials of the profile of AWS_PROFILE|AWS credentials) could not be loaded: ".*". AWS_PROFILE selects the profile "publish". C/
      )
    ])
    expect(run.errors[0]).toContain(cause)
  })
})

const VALID = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAOFTHEPROCESS', SecretAccessKey: 'x' })
const STATIC = 'aws_access_key_id = AKIAX\naws_secret_access_key = x\n'
const ROLE_LINE = `role_arn = ${ROLE}\n`

describe('the credentials of the profile of AWS_PROFILE are used', () => {
  test.each<[name: string, profile: string, key: string, stsCalls: readonly string[]]>([
    ['of access keys', STATIC, 'AKIAX', []],
    ['of a process', `credential_process = ${printing(VALID)}`, 'AKIAOFTHEPROCESS', []],
    [
      'of a role with source_profile',
      `${ROLE_LINE}source_profile = keys`,
      'ASIAOFTHEROLE',
      ['AssumeRole AKIAX']
    ],
    [
      'of a role with credential_source',
      `${ROLE_LINE}credential_source = EcsContainer`,
      'ASIAOFTHEROLE',
      ['AssumeRole AKIAOFTHEMACHINE']
    ],
    [
      'of a role with a token file',
      `${ROLE_LINE}web_identity_token_file = DIRECTORY/token`,
      'ASIAOFTHEROLE',
      ['AssumeRoleWithWebIdentity ']
    ]
  ])('%s', async (_name, profile, key, stsCalls) => {
    const calls: string[] = []
    await writeFile(join(directory, 'token'), 'a.b.c')
    const { errors, keys } = await runOnMachine(
      { AWS_PROFILE: 'publish', AWS_ENDPOINT_URL_STS: await serveSts(calls) },
      `[profile publish]\n${profile.replace('DIRECTORY', directory)}\n`
    )
    expect(errors).toEqual([])
    expect(new Set(keys)).toEqual(new Set([key]))
    expect(calls).toEqual(stsCalls)
  })

  test('of the profile "default" if AWS_PROFILE selects it', async () => {
    const config = '[default]\ncredential_process = /nowhere/helper\n'
    const selected = await runOnMachine({ AWS_PROFILE: 'default' }, config)
    expect(selected).toMatchObject({ calls: 0, machineRequests: 0 })
    expect(selected.errors[0]).toContain('AWS_PROFILE selects the profile "default".')
  })
})

describe('without AWS_PROFILE, the default profile', () => {
  test.each<[string, string]>([
    ['empty access keys', 'aws_access_key_id =\naws_secret_access_key ='],
    ['an empty access key ID', 'aws_access_key_id =\naws_secret_access_key = x'],
    ['an access key ID without its secret', 'aws_access_key_id = AKIAX'],
    ['names in upper case', 'AWS_ACCESS_KEY_ID = AKIAX\nAWS_SECRET_ACCESS_KEY = x'],
    ['a process that fails', 'credential_process = /bin/false'],
    ['an empty credential_process', 'credential_process ='],
    ['a role without a source', ROLE_LINE],
    ['a role with a missing source_profile', `${ROLE_LINE}source_profile = missing`],
    ['a token file that does not exist', `${ROLE_LINE}web_identity_token_file = /nowhere/token`],
    ['incomplete SSO', 'sso_account_id = 123456789012']
  ])('with %s is an error, as in the AWS CLI', async (_name, profile) => {
    const run = await runOnMachine({}, `[default]\n${profile}\n`)
    expect(run).toMatchObject({ calls: 0, machineRequests: 0 })
    expect(run.errors).toEqual([
      expect.stringMatching(
        /^The credentials of the default profile could not be loaded: ".*"\. The shared config files contain the profile "default"\. Correct the profile in the shared config files, or remove it to use other credentials\.$/
      )
    ])
  })

  test('is also read from the credentials file', async () => {
    const run = await runOnMachine({}, '', '[default]\naws_access_key_id =\n')
    expect(run.errors[0]).toContain('The credentials of the default profile')
    expect(run.machineRequests).toBe(0)
  })

  test.each<[string, string]>([
    ['a region', 'region = eu-west-1'],
    ['a secret access key', 'aws_secret_access_key = x'],
    ['source_profile', 'source_profile = missing'],
    ['settings in another section', 'region = eu-west-1\n[profile other]\naws_access_key_id =']
  ])('with only %s does not configure credentials, as in the AWS CLI', async (_name, profile) => {
    const { errors, keys } = await runOnMachine({}, `[default]\n${profile}\n`)
    expect(errors).toEqual([])
    expect(new Set(keys)).toEqual(new Set([KEYS.AccessKeyId]))
  })

  test.each<[string, string, string]>([
    ['access keys', STATIC, 'AKIAX'],
    ['a process', `credential_process = ${printing(VALID)}`, 'AKIAOFTHEPROCESS']
  ])('with %s is used', async (_name, profile, key) => {
    const { errors, keys, machineRequests } = await runOnMachine({}, `[default]\n${profile}\n`)
    expect(errors).toEqual([])
    expect(new Set(keys)).toEqual(new Set([key]))
    expect(machineRequests).toBe(0)
  })
})

describe('a web identity token of the environment', () => {
  test.each([
    [
      'is used instead of a default profile that cannot be loaded',
      'aws_access_key_id =\n',
      'ASIAOFTHEROLE'
    ],
    ['is not used instead of another default profile, as in the SDK', STATIC, 'AKIAX']
  ])('%s', async (_name, profile, key) => {
    await writeFile(join(directory, 'token'), 'a.b.c')
    const { errors, keys } = await runOnMachine(
      {
        AWS_ENDPOINT_URL_STS: await serveSts([]),
        AWS_WEB_IDENTITY_TOKEN_FILE: join(directory, 'token'),
        AWS_ROLE_ARN: ROLE
      },
      `[default]\n${profile}`
    )
    expect(errors).toEqual([])
    expect(new Set(keys)).toEqual(new Set([key]))
  })

  test('is not used instead of the role of a default profile, as in the AWS CLI', async () => {
    const calls: string[] = []
    await writeFile(join(directory, 'token'), 'a.b.c')
    const { errors } = await runOnMachine(
      {
        AWS_ENDPOINT_URL_STS: await serveSts(calls),
        AWS_WEB_IDENTITY_TOKEN_FILE: join(directory, 'token'),
        AWS_ROLE_ARN: ROLE
      },
      `[default]\n${ROLE_LINE}source_profile = missing\n`
    )
    expect(errors).toEqual([
      expect.stringContaining('The credentials of the default profile could not be loaded')
    ])
    expect(calls).toEqual([])
  })

  test('without a role is an error', async () => {
    const run = await runOnMachine({ AWS_WEB_IDENTITY_TOKEN_FILE: join(directory, 'token') })
    expect(run).toMatchObject({ calls: 0, machineRequests: 0 })
    expect(run.errors).toEqual([
      'AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not set. Set both variables, or unset AWS_WEB_IDENTITY_TOKEN_FILE to use other credentials.'
    ])
  })
})

test('an error of STS names the profile and is not one of OIDC', async () => {
  const { errors, machineRequests } = await runOnMachine(
    { AWS_PROFILE: 'publish', AWS_ENDPOINT_URL_STS: await serveSts([], 'AccessDenied') },
    `[profile publish]\n${ROLE_LINE}source_profile = keys\n`
  )
  expect(errors).toEqual([
    'AWS STS rejected the request for credentials (AWS request ID id-1): "AccessDenied: not authorized to perform: sts:AssumeRole". AWS_PROFILE selects the profile "publish".'
  ])
  expect(machineRequests).toBe(0)
})

test('the requests for the role of a profile use the proxy', async () => {
  const proxy = createServer()
  servers.push(proxy)
  const connects: (string | undefined)[] = []
  proxy.on('connect', ({ url }, socket) => {
    connects.push(url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const { errors, machineRequests } = await runOnMachine(
    {
      AWS_PROFILE: 'publish',
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_STS: 'https://sts.invalid',
      NO_PROXY: '127.0.0.1'
    },
    `[profile publish]\n${ROLE_LINE}source_profile = keys\n`
  )
  expect(connects).toContain('sts.invalid:443')
  expect(errors[0]).toContain('refused the request to sts.invalid')
  expect(machineRequests).toBe(0)
})

test('a secret in the command of a credential process is not logged', async () => {
  const { errors, log } = await runOnMachine(
    { AWS_PROFILE: 'publish', RUNNER_DEBUG: '1' },
    '[profile publish]\ncredential_process = /bin/false --password hunter2\n'
  )
  expect(errors[0]).toContain('"credential_process failed"')
  expect(log).not.toContain('hunter2')
})

test.each([
  ['once if they do not expire', '', /^x\n$/],
  ['once if they expire later', '2100-01-01T00:00:00Z', /^x\n$/],
  ['again if they expire soon', new Date(Date.now() + 120_000).toISOString(), /^(?:x\n){2,}$/]
])('the credentials are loaded %s', async (_name, expiration, runs) => {
  const file = join(directory, 'result')
  const config = join(directory, 'config')
  await writeFile(
    file,
    JSON.stringify({ ...(JSON.parse(VALID) as object), Expiration: expiration || undefined })
  )
  await writeFile(
    config,
    `[profile publish]\ncredential_process = echo x >> ${join(directory, 'runs')}; cat ${file}\n`
  )
  process.env.AWS_CONFIG_FILE = config
  process.env.AWS_SHARED_CREDENTIALS_FILE = '/nowhere/credentials'
  const env = { AWS_PROFILE: 'publish' }
  try {
    const profile = await findProfile(env, createLog())
    const { config: client } = createEcrPublicClient({
      env,
      profile,
      maxAttempts: 1,
      endpoints: { useDualStack: false },
      signal: new AbortController().signal,
      log: createLog()
    })
    await Promise.all([client.credentials(), client.credentials(), client.credentials()])
    expect(await client.credentials()).toMatchObject({ accessKeyId: 'AKIAOFTHEPROCESS' })
  } finally {
    delete process.env.AWS_CONFIG_FILE
    delete process.env.AWS_SHARED_CREDENTIALS_FILE
  }
  expect(await readFile(join(directory, 'runs'), 'utf8')).toMatch(runs)
})
