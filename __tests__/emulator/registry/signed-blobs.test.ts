import type { RegistryCall } from '../../../src/emulator/registry/registry-call.js'
import { signBlobUrl } from '../../../src/emulator/registry/signed-blobs.js'

test.each([
  ['127.0.0.1', '127.0.0.1', 'localhost'],
  ['localhost', '127.0.0.1', '127.0.0.1'],
  ['localhost', '::ffff:127.0.0.1', '127.0.0.1'],
  ['localhost', '::1', '[::1]'],
  ['[::1]', '::1', '[::1]'],
  ['emulator', '172.17.0.2', 'emulator']
])('a client that connects to %s at %s downloads blobs from %s', (host, localAddress, expected) => {
  const call = {
    origin: `http://${host}:5111`,
    request: { socket: { localAddress } },
    context: {
      settings: { blobRedirect: 'other-host' },
      store: { key: Buffer.alloc(32) },
      now: () => new Date(0)
    }
  }
  const url = new URL(signBlobUrl('sha256:00', call as unknown as RegistryCall))
  expect(url.host).toBe(`${expected}:5111`)
})
