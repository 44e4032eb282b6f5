import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCredentials } from '../../src/ecr-public/credentials.js'
import { explainBriefly } from '../../src/ecr-public/explain-error.js'
import { recordProviderErrors } from '../../src/ecr-public/provider-errors.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { ANSWER_ROWS, errorOf, serve } from '../helpers/who-answers.js'

/** Unset the access keys that `errorOf` sets. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAFROMENVIRONMENT1', AWS_SECRET_ACCESS_KEY: 'one' }

describe('createCredentials', () => {
  test.each([
    ['access keys', KEYS, { accessKeyId: 'AKIAFROMENVIRONMENT1', secretAccessKey: 'one' }],
    [
      'access keys with a session token',
      { ...KEYS, AWS_SESSION_TOKEN: 'two' },
      { accessKeyId: 'AKIAFROMENVIRONMENT1', secretAccessKey: 'one', sessionToken: 'two' }
    ],
    [
      'access keys and a profile',
      { ...KEYS, AWS_SESSION_TOKEN: '', AWS_PROFILE: 'p' },
      { accessKeyId: 'AKIAFROMENVIRONMENT1', secretAccessKey: 'one' }
    ],
    ['only a profile', { AWS_PROFILE: 'p' }, undefined],
    ['empty variables', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, undefined],
    ['only a secret access key', { AWS_SECRET_ACCESS_KEY: 'one', AWS_PROFILE: 'p' }, undefined],
    ['no variable', {}, undefined]
  ])('returns the credentials of an environment with %s', (_, env, expected) => {
    expect(createCredentials(env)).toEqual(expected)
  })

  test('rejects an access key ID without its secret access key, also with a profile', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAFROMENVIRONMENT1', AWS_PROFILE: 'p' }
    expect(() => createCredentials(env)).toThrow(
      'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not set. Set both variables, or unset AWS_ACCESS_KEY_ID to use other credentials.'
    )
  })
})

describe('the requests of a step', () => {
  /** Runs a step whose shared config file has a profile, and returns the access keys that signed its requests. */
  async function signedBy(variables: Readonly<Record<string, string>>): Promise<string[]> {
    const directory = await mkdtemp(join(tmpdir(), 'credentials-'))
    const keys = new Set<string>()
    const server = createServer((request, response) => {
      keys.add(/Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? 'unsigned')
      response.writeHead(403, { 'Content-Type': 'application/x-amz-json-1.1' })
      response.end('{"__type":"AccessDeniedException","message":"not authorized"}')
    })
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const file = join(directory, 'config')
      await writeFile(
        file,
        '[profile p]\naws_access_key_id = AKIAFROMTHEPROFILE12\naws_secret_access_key = two\n'
      )
      const env = {
        AWS_ENDPOINT_URL_ECR_PUBLIC: `http://127.0.0.1:${port}`,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_CONFIG_FILE: file,
        ...variables
      }
      await runAction({ mode: 'ensure-repo', repository: 'app' }, { env })
      return [...keys]
    } finally {
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    }
  }

  test('are signed with the access keys of the environment if AWS_PROFILE is set as well', async () => {
    expect(await signedBy({ ...KEYS, AWS_PROFILE: 'p' })).toEqual(['AKIAFROMENVIRONMENT1'])
  })

  test('are signed with the keys of AWS_PROFILE if the environment does not contain access keys', async () => {
    expect(await signedBy({ AWS_PROFILE: 'p' })).toEqual(['AKIAFROMTHEPROFILE12'])
  })
})

describe('the credential providers of the SDK', () => {
  const ROLE = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci' }
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'provider-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  test.each(['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'])(
    'use an endpoint of STS although %s is set',
    async (name) => {
      const emulator = await startEmulator()
      const { value } = (await (
        await fetch(`${emulator.url}/_emulator/id-token?audience=sts.amazonaws.com`, {
          headers: { authorization: 'Bearer x' }
        })
      ).json()) as { value: string }
      const file = join(directory, 'token')
      await writeFile(file, value)
      const env = {
        ...emulator.env,
        ...NO_KEYS,
        ...ROLE,
        AWS_WEB_IDENTITY_TOKEN_FILE: file,
        [name]: 'true'
      }
      const run = await runAction(
        { mode: 'ensure-repo', repository: 'app' },
        { env: { ...env, AWS_ENDPOINT_URL: emulator.url } }
      )
      expect(run.errors).toEqual([])
    }
  )

  test('report a token file that is a directory', async () => {
    const error = await errorOf({ ...NO_KEYS, ...ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: directory })
    expect(error).toContain(
      `The web identity token of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: "${directory}". The operating system returned EISDIR.`
    )
  })

  test.each(ANSWER_ROWS)('report "%s" as a response of STS', async (_name, listener) => {
    const file = join(directory, 'token')
    await writeFile(file, 'a.b.c')
    const error = await errorOf({
      ...NO_KEYS,
      ...ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ENDPOINT_URL_STS: `http://${await serve(listener)}`
    })
    expect(error).toMatch(/AWS STS/)
    expect(error).not.toContain('Amazon ECR Public')
  })

  test('report another error with the variables that apply', async () => {
    const error = new Error('Invalid Configuration: FIPS')
    const client = { config: { credentials: () => Promise.reject(error) } }
    recordProviderErrors(client as never)
    await expect(client.config.credentials()).rejects.toBe(error)
    const explained = explainBriefly(error, {
      env: { AWS_PROFILE: 'p', AWS_USE_FIPS_ENDPOINT: 'true' }
    })
    expect(explained).toBe(
      'The AWS credentials could not be loaded: "Invalid Configuration: FIPS". Check AWS_PROFILE, AWS_USE_FIPS_ENDPOINT and the shared config files, or set "role-to-assume".'
    )
  })
})
