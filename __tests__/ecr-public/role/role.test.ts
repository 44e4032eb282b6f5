import { jest } from '@jest/globals'
import { createRole } from '../../../src/ecr-public/role/role.js'
import type { Role } from '../../../src/ecr-public/role/role.js'
import { makeDeps } from '../../helpers/make-deps.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'

afterEach(() => void jest.restoreAllMocks())

/** Creates a role whose clock is `uptime`, in seconds. */
async function setUp(): Promise<{
  readonly role: Role
  readonly emulator: RunningEmulator
  readonly setUptime: (seconds: number) => void
}> {
  const emulator = await startEmulator()
  const uptime = jest.spyOn(process, 'uptime').mockReturnValue(0)
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
  }
  const role = createRole({
    ...makeDeps({ env }),
    arn: 'arn:aws:iam::123456789012:role/ci',
    sessionName: 'test',
    endpoints: { sts: emulator.url, useDualStack: false, useFips: false },
    maxAttempts: 1
  })
  return { role, emulator, setUptime: (seconds) => void uptime.mockReturnValue(seconds) }
}

test('credentials are requested once, and again ten minutes before they expire', async () => {
  const { role, emulator, setUptime } = await setUp()
  const [first, same] = await Promise.all([role.getCredentials(), role.getCredentials()])
  expect(same).toBe(first)
  setUptime(2999)
  expect(await role.getCredentials()).toBe(first)
  setUptime(3000)
  const second = await role.getCredentials()
  expect(second).not.toEqual(first)
  setUptime(5999)
  expect(await role.getCredentials()).toBe(second)
  expect(await emulator.operations()).toEqual([
    'AssumeRoleWithWebIdentity',
    'AssumeRoleWithWebIdentity'
  ])
})

test('a failed request is not kept', async () => {
  const { role, emulator } = await setUp()
  const operation = 'AssumeRoleWithWebIdentity'
  await emulator.fault({ operation, fault: 'server-error', count: 1 })
  await expect(role.getCredentials()).rejects.toThrow('AWS STS failed to process')
  expect((await role.getCredentials()).sessionToken).not.toBe('')
})

test('only the current credentials are discarded', async () => {
  const { role } = await setUp()
  const first = await role.getCredentials()
  role.discard({ ...first })
  expect(await role.getCredentials()).toBe(first)
  role.discard(first)
  const second = await role.getCredentials()
  expect(second).not.toBe(first)
  role.discard(first)
  expect(await role.getCredentials()).toBe(second)
})
