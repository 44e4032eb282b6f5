import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { apiUrl, readEndpoints } from '../../src/ecr-public/endpoints.js'
import { explainBriefly } from '../../src/ecr-public/explain-error.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { runAction } from '../helpers/run-action.js'

let directory = ''
let file = ''
const before = process.env.AWS_CONFIG_FILE
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'endpoints-'))
  file = join(directory, 'config')
  process.env.AWS_CONFIG_FILE = file
})
afterEach(async () => {
  if (before === undefined) delete process.env.AWS_CONFIG_FILE
  else process.env.AWS_CONFIG_FILE = before
  await rm(directory, { recursive: true, force: true })
})

describe('readEndpoints', () => {
  test.each<[string, Record<string, string>, string, object]>([
    ['nothing', {}, '', { api: undefined, sts: undefined, useDualStack: false, useFips: false }],
    [
      'a general variable',
      { AWS_ENDPOINT_URL: 'https://a' },
      '',
      { api: 'https://a', sts: 'https://a' }
    ],
    [
      'variables of services',
      {
        AWS_ENDPOINT_URL: 'https://a',
        AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://b',
        AWS_ENDPOINT_URL_STS: 'http://localhost:1'
      },
      '[default]\nendpoint_url = https://c\n',
      { api: 'https://b', sts: 'http://localhost:1' }
    ],
    ['the default profile', {}, '[default]\nendpoint_url = https://c\n', { api: 'https://c' }],
    [
      'the services section of a profile',
      { AWS_PROFILE: 'p' },
      '[default]\nendpoint_url = https://c\n[profile p]\nservices = s\nendpoint_url = https://d\n[services s]\necr_public =\n  endpoint_url = http://[::1]:5111\n',
      { api: 'http://[::1]:5111', sts: 'https://d' }
    ],
    ['dual-stack', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, '', { useDualStack: true }],
    [
      'dual-stack in the file',
      {},
      '[default]\nuse_dualstack_endpoint = True\n',
      { useDualStack: true }
    ],
    [
      'a variable that overrides the file',
      { AWS_USE_DUALSTACK_ENDPOINT: 'false', AWS_USE_FIPS_ENDPOINT: 'false' },
      '[default]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n',
      { useDualStack: false, useFips: false }
    ],
    [
      'no endpoint if a variable turns them off',
      { AWS_ENDPOINT_URL: 'https://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      '[default]\nendpoint_url = https://c\n',
      { api: undefined, sts: undefined }
    ],
    [
      'no endpoint if the file turns them off',
      { AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://192.0.2.2', AWS_ENDPOINT_URL_STS: 'https://b' },
      '[default]\nignore_configured_endpoint_urls = true\n',
      { api: undefined, sts: undefined }
    ],
    [
      'an endpoint if a variable overrides the file',
      { AWS_ENDPOINT_URL: 'https://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' },
      '[default]\nignore_configured_endpoint_urls = true\n',
      { api: 'https://a', sts: 'https://a' }
    ],
    [
      'an endpoint if the value of the variable is not one of the SDK',
      { AWS_ENDPOINT_URL: 'https://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' },
      '',
      { api: 'https://a', sts: 'https://a' }
    ],
    [
      'FIPS with an endpoint',
      { AWS_USE_FIPS_ENDPOINT: 'true', AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://b' },
      '',
      { api: 'https://b', useFips: true }
    ]
  ])('reads %s', async (_name, env, text, expected) => {
    await writeFile(file, text)
    expect(await readEndpoints(env)).toMatchObject(expected)
  })

  test.each<[string, Record<string, string>, string, RegExp]>([
    [
      'AWS_ENDPOINT_URL',
      { AWS_ENDPOINT_URL: 'http://192.0.2.2:8080' },
      '',
      /AWS_ENDPOINT_URL uses http: "192\.0\.2\.2:8080"/
    ],
    [
      'the API',
      { AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://ecr.example' },
      '',
      /AWS_ENDPOINT_URL_ECR_PUBLIC uses http/
    ],
    [
      'STS',
      {
        AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://127.0.0.1:1',
        AWS_ENDPOINT_URL_STS: 'http://10.0.0.1'
      },
      '',
      /AWS_ENDPOINT_URL_STS uses http/
    ],
    [
      'a host that begins as a loopback address',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1.example' },
      '',
      /uses http/
    ],
    ...['[::ffff:192.0.2.2]', '0.0.0.0:5111', 'localhost.example'].map(
      (host): [string, Record<string, string>, string, RegExp] => [
        host,
        { AWS_ENDPOINT_URL: `HTTP://user:hunter2@${host}` },
        '',
        /AWS_ENDPOINT_URL uses http/
      ]
    ),
    [
      'the file',
      {},
      '[default]\nendpoint_url = http://192.0.2.2\n',
      /endpoint_url in the shared config file uses http/
    ],
    ['another scheme', { AWS_ENDPOINT_URL: 'ftp://x' }, '', /is not an http or https URL/],
    [
      'no URL',
      { AWS_ENDPOINT_URL_STS: 'user:hunter2@x' },
      '',
      /AWS_ENDPOINT_URL_STS is not an http or https URL/
    ],
    [
      'FIPS',
      { AWS_USE_FIPS_ENDPOINT: 'true' },
      '',
      /AWS_USE_FIPS_ENDPOINT is set: "true"\. Amazon ECR Public does not have a FIPS endpoint/
    ],
    [
      'FIPS in the file',
      {},
      '[default]\nuse_fips_endpoint = true\n',
      /use_fips_endpoint in the shared config file is set/
    ]
  ])('refuses %s', async (_name, env, text, message) => {
    await writeFile(file, text)
    const refusal = await readEndpoints(env).catch((error: unknown) => String(error))
    expect(refusal).toMatch(message)
    expect(refusal).not.toContain('hunter2')
  })
})

describe('an error of the connection', () => {
  const IGNORED = '[default]\nignore_configured_endpoint_urls = true\n'
  const ALLOW = 'Allow the runner to connect to '
  const DUAL_STACK = { AWS_USE_DUALSTACK_ENDPOINT: 'true' }

  test.each<[string, Record<string, string>, string, string, string]>([
    [
      'does not name variables that the file turns off',
      { AWS_ENDPOINT_URL: 'https://a', AWS_ENDPOINT_URL_STS: 'https://b' },
      IGNORED,
      `${ALLOW}api.ecr-public.us-east-1.amazonaws.com,`,
      `${ALLOW}sts.us-east-1.amazonaws.com,`
    ],
    [
      'names a variable that overrides the file',
      { AWS_ENDPOINT_URL: 'https://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' },
      IGNORED,
      'unset AWS_ENDPOINT_URL.',
      'unset AWS_ENDPOINT_URL.'
    ],
    [
      'names the endpoints of the file',
      {},
      '[default]\nservices = s\nendpoint_url = https://c\n[services s]\necr_public =\n  endpoint_url = https://d\n',
      'unset ecr_public.endpoint_url in the shared config file.',
      'unset endpoint_url in the shared config file.'
    ],
    [
      'names the dual-stack hosts',
      DUAL_STACK,
      '',
      `${ALLOW}ecr-public.us-east-1.api.aws,`,
      `${ALLOW}sts.us-east-1.api.aws,`
    ],
    [
      'names the endpoint with dual-stack',
      { ...DUAL_STACK, AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://d', AWS_USE_FIPS_ENDPOINT: 'true' },
      '',
      'unset AWS_ENDPOINT_URL_ECR_PUBLIC.',
      `${ALLOW}sts-fips.us-east-1.api.aws,`
    ]
  ])('%s', async (_name, env, text, api, sts) => {
    await writeFile(file, text)
    await readEndpoints(env)
    const error = Object.assign(new Error('x'), { code: 'ENOTFOUND', hostname: 'a' })
    expect(explainBriefly(error, { env })).toContain(api)
    expect(explainBriefly(error, { env, assumed: {} })).toContain(sts)
  })

  test('names the proxy of the endpoint of the file', async () => {
    const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'ecr.example' }
    const error = Object.assign(new Error('x'), { code: 'ECONNRESET' })
    const proxy = 'The request used the proxy'
    expect(explainBriefly(error, { env })).toContain(proxy)
    await writeFile(file, '[default]\nendpoint_url = https://ecr.example\n')
    await readEndpoints(env)
    expect(explainBriefly(error, { env })).not.toContain(proxy)
  })
})

test.each([
  ['dual-stack', true, 'ecr-public.us-east-1.api.aws'],
  ['default', false, 'api.ecr-public.us-east-1.amazonaws.com']
])('the client uses the %s endpoint of ECR Public', async (_name, useDualStack, host) => {
  const quiet = (): void => undefined
  const client = createEcrPublicClient({
    maxAttempts: 1,
    env: {},
    endpoints: { useDualStack },
    signal: new AbortController().signal,
    log: {
      info: quiet,
      notice: quiet,
      warning: quiet,
      debug: quiet,
      group: (_title, body) => body()
    }
  })
  const { endpointProvider } = client.config
  const { url } = endpointProvider({
    Region: 'us-east-1',
    UseDualStack: await client.config.useDualstackEndpoint(),
    UseFIPS: false
  })
  expect(url.host).toBe(host)
  expect(apiUrl({ useDualStack }).href).toBe(url.href)
})

test('the URL of the API is the endpoint if one is set', () => {
  const { href } = apiUrl({ api: 'http://127.0.0.1:5111', useDualStack: true })
  expect(href).toBe('http://127.0.0.1:5111/')
})

describe('a step', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'hunter2' }

  test.each<[string, Record<string, string>, string]>([
    [
      'a line break',
      { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE\n' },
      'AWS_ACCESS_KEY_ID contains a line break'
    ],
    [
      'a line break',
      { AWS_SECRET_ACCESS_KEY: 'hunter2\r\n' },
      'AWS_SECRET_ACCESS_KEY contains a line break'
    ],
    ['a space', { AWS_SESSION_TOKEN: ' hunter2' }, 'AWS_SESSION_TOKEN begins with a space'],
    [
      'another character',
      { AWS_SESSION_TOKEN: 'hunter2\u2028x' },
      'AWS_SESSION_TOKEN contains the character U+2028'
    ]
  ])(
    'refuses %s in a variable before any call, without its value: %j',
    async (_name, more, text) => {
      const emulator = await startEmulator()
      const run = await runAction({ mode: 'login' }, { env: { ...emulator.env, ...KEYS, ...more } })
      expect(run.exitCode).toBe(1)
      expect(run.errors).toEqual([expect.stringContaining(text)])
      const rest = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'))
      expect(rest.join('\n')).not.toContain('hunter2')
      expect(await emulator.requests()).toEqual([])
    }
  )

  test('refuses an endpoint with http off the loopback interface before any call', async () => {
    const env = { ...KEYS, AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://192.0.2.2:8080' }
    const run = await runAction({ mode: 'ensure-repo', repository: 'app' }, { env })
    expect(run.errors).toEqual([
      expect.stringContaining('AWS_ENDPOINT_URL_ECR_PUBLIC uses http: "192.0.2.2:8080"')
    ])
  })

  test('refuses an endpoint with http in the shared config file, and ignores FIPS with an endpoint', async () => {
    await writeFile(file, '[default]\nendpoint_url = http://192.0.2.2:8080\n')
    const run = await runAction({ mode: 'login' }, { env: { ...KEYS, AWS_CONFIG_FILE: file } })
    expect(run.errors).toEqual([expect.stringContaining('in the shared config file uses http')])
    const emulator = await startEmulator()
    const env = {
      ...emulator.env,
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true'
    }
    expect((await runAction({ mode: 'ensure-repo', repository: 'app' }, { env })).errors).toEqual(
      []
    )
  })
})
