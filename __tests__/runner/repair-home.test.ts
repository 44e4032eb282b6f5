import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repairHome } from '../../src/runner/repair-home.js'
import { runAction } from '../helpers/run-action.js'

describe('repairHome', () => {
  test('unsets an empty variable, and keeps other ones', () => {
    const env: NodeJS.ProcessEnv = { HOME: '', USERPROFILE: '', DOCKER_CONFIG: '' }
    repairHome(env)
    expect(env).toEqual({ DOCKER_CONFIG: '' })
    const other: NodeJS.ProcessEnv = { HOME: '/home/runner', USERPROFILE: 'C:\\Users\\runner' }
    repairHome(other)
    expect(other).toEqual({ HOME: '/home/runner', USERPROFILE: 'C:\\Users\\runner' })
  })

  test('uses the root directory if the user does not have a home directory', () => {
    const env: NodeJS.ProcessEnv = { HOME: '' }
    repairHome(env, () => {
      throw new Error('uv_os_homedir returned ENOENT')
    })
    expect(env).toEqual({ HOME: '/' })
  })

  test('prevents that the main step uses the shared config files of the checkout', async () => {
    const checkout = await mkdtemp(join(tmpdir(), 'checkout-'))
    await mkdir(join(checkout, '.aws'))
    const keys = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n'
    await writeFile(join(checkout, '.aws', 'credentials'), `[of-the-checkout]\n${keys}`)
    // No call is made: the endpoint does not accept connections.
    const env = {
      HOME: '',
      AWS_PROFILE: 'of-the-checkout',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9'
    }
    const inputs = { mode: 'ensure-repo', repository: 'team/app', 'max-attempts': '1' }
    const { errors } = await runAction(inputs, { cwd: checkout, env })
    await rm(checkout, { recursive: true })
    expect(errors).toEqual([
      expect.stringContaining('AWS_PROFILE does not exist: "of-the-checkout"')
    ])
  })
})
