import { ActionError } from '../../src/runner/errors.js'
import { makeDeps } from '../helpers/make-deps.js'
import { startEmulator } from '../helpers/start-emulator.js'

test('a token endpoint that gives no token is told in words', async () => {
  // A caller who may not get an authorization token reads with an anonymous one.
  const emulator = await startEmulator({
    allow: ['ecr-public:*'],
    seed: { repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  await emulator.fault({ operation: 'GetToken', fault: 'malformed' })
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const reading = registry.findManifest('a1b2c3d4/team/app', 'v1')
  await expect(reading).rejects.toBeInstanceOf(ActionError)
  await expect(reading).rejects.toThrow(/gave no token to read with/)
})

test('a registry that serves other bytes than asked for is told in words', async () => {
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const served = await registry.findManifest('a1b2c3d4/team/app', 'v1')
  await emulator.fault({ operation: 'GetManifest', fault: 'malformed' })
  const reading = registry.findManifest('a1b2c3d4/team/app', served?.digest ?? '')
  await expect(reading).rejects.toBeInstanceOf(ActionError)
})
