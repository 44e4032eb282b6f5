import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

const KEYS = { AccessKeyId: 'AKIAOFTHEMACHINE', SecretAccessKey: 'one', Token: 'two' }

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs a step on a machine that has credentials of its own. Returns the errors and the number of API calls. */
async function runOnMachine(
  env: Readonly<Record<string, string>>
): Promise<{ readonly errors: readonly string[]; readonly calls: number }> {
  const emulator = await startEmulator()
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ ...KEYS, Expiration: '2100-01-01T00:00:00Z' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const config = join(directory, 'config')
  const credentials = join(directory, 'credentials')
  await writeFile(config, '[profile region-only]\nregion = eu-west-1\n')
  await writeFile(credentials, '[keys]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n')
  try {
    const run = await runAction(
      { mode: 'login' },
      {
        env: {
          PATH: '/nowhere',
          AWS_ENDPOINT_URL_ECR_PUBLIC: emulator.url,
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/`,
          AWS_CONFIG_FILE: config,
          AWS_SHARED_CREDENTIALS_FILE: credentials,
          ...env
        }
      }
    )
    return { errors: run.errors, calls: (await emulator.operations()).length }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

test('a profile that does not exist is an error, and the credentials of the machine are not used', async () => {
  const { errors, calls } = await runOnMachine({ AWS_PROFILE: 'publish' })
  expect(errors).toEqual([
    `The profile of the environment variable AWS_PROFILE does not exist: "publish". The files ${join(directory, 'config')} and ${join(directory, 'credentials')} do not contain it. Add the profile, or unset AWS_PROFILE to use other credentials.`
  ])
  expect(calls).toBe(0)
})

test.each<Record<string, string>>([
  {},
  { AWS_PROFILE: '' },
  { AWS_PROFILE: 'default' },
  { AWS_PROFILE: 'region-only' },
  { AWS_PROFILE: 'keys' },
  { AWS_PROFILE: 'publish', AWS_ACCESS_KEY_ID: 'AKIAX', AWS_SECRET_ACCESS_KEY: 'x' }
])('the credentials are used with %j', async (env) => {
  expect((await runOnMachine(env)).errors).toEqual([])
})
