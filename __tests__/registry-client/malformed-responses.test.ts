import { ActionError } from '../../src/runner/errors.js'
import { makeDeps } from '../helpers/make-deps.js'
import { startEmulator } from '../helpers/start-emulator.js'

test('rejects a response of the token endpoint without a token', async () => {
  // A caller without permission for GetAuthorizationToken uses an anonymous token.
  const emulator = await startEmulator({
    allow: ['ecr-public:*'],
    seed: { repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  await emulator.fault({ operation: 'GetToken', fault: 'malformed' })
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const reading = registry.findManifest('a1b2c3d4/team/app', 'v1')
  await expect(reading).rejects.toBeInstanceOf(ActionError)
  await expect(reading).rejects.toThrow(/did not return a token/)
})

test('rejects a manifest that does not have the requested digest', async () => {
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  const served = await registry.findManifest('a1b2c3d4/team/app', 'v1')
  await emulator.fault({ operation: 'GetManifest', fault: 'malformed' })
  const reading = registry.findManifest('a1b2c3d4/team/app', served?.digest ?? '')
  await expect(reading).rejects.toBeInstanceOf(ActionError)
})
