import { createEmulator } from 'ecr-public-action/emulator'

const emulator = await createEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
Object.assign(process.env, emulator.env)

const id = await emulator.snapshot()
emulator.clock.advance('13h')
emulator.faults.add({ operation: 'PutImage', fault: 'throttle', count: 2 })
await emulator.restore(id)
console.log(emulator.url, emulator.clock.now(), emulator.requests.list())
await emulator.close()
