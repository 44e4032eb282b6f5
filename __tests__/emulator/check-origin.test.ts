import { request } from 'node:http'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

interface Sent {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

function statusOf(
  { host }: RunningEmulator,
  { method = 'POST', path, headers = {} }: Sent
): Promise<number> {
  const [hostname, port] = host.split(':')
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    call.once('error', reject).end(method === 'POST' ? '{}' : undefined)
  })
}

const API = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'SpencerFrontendService.DescribeRegistries'
}
const CONTROLS = ['reset', 'snapshot', 'restore', 'clock', 'faults', 'seed', 'requests', 'id-token']

test.each(CONTROLS)('refuses a web page of another origin at /_emulator/%s', async (name) => {
  const emulator = await startEmulator()
  for (const method of ['POST', 'GET', 'DELETE']) {
    for (const origin of ['http://evil.example', 'https://evil.example', 'null']) {
      const sent = { method, path: `/_emulator/${name}`, headers: { origin } }
      expect(await statusOf(emulator, sent)).toBe(403)
    }
  }
})

test.each([
  'evil.example',
  'evil.example:5111',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '192.0.2.7',
  '[2001:db8::1]:80'
])('refuses the host %j for the API and the control endpoints', async (host) => {
  const emulator = await startEmulator()
  expect(await statusOf(emulator, { path: '/', headers: { ...API, host } })).toBe(403)
  expect(await statusOf(emulator, { path: '/_emulator/reset', headers: { host } })).toBe(403)
  expect(
    await statusOf(emulator, { method: 'GET', path: '/_emulator/requests', headers: { host } })
  ).toBe(403)
})

test('accepts its own page, localhost, the loopback and the registry host', async () => {
  const emulator = await startEmulator({ registryHost: 'emulator:5111' })
  for (const host of [
    'localhost',
    'localhost:1',
    '127.0.0.1:5111',
    '127.1.2.3',
    '[::1]:5111',
    'emulator:5111'
  ]) {
    const sent = {
      method: 'GET',
      path: '/_emulator/requests',
      headers: { host, origin: `http://${host}` }
    }
    expect(await statusOf(emulator, sent)).toBe(200)
  }
})

test.each([
  ['emulator', ['emulator', 'emulator:5120', 'EMULATOR:80'], ['other', 'emulator.evil.example']],
  ['Emulator:5111', ['emulator:5111', 'EMULATOR:5111'], ['emulator', 'emulator:5112']],
  ['[2001:db8::1]', ['[2001:DB8::1]:5111'], ['[2001:db8::2]:5111']]
])('accepts the registry host %s in any case', async (registryHost, accepted, refused) => {
  const emulator = await startEmulator({ registryHost })
  const statuses = async (hosts: readonly string[]): Promise<number[]> =>
    Promise.all(hosts.map((host) => statusOf(emulator, { path: '/', headers: { ...API, host } })))
  expect(await statuses(accepted)).not.toContain(403)
  expect(new Set(await statuses(refused))).toEqual(new Set([403]))
})

const STS = { 'content-type': 'application/x-www-form-urlencoded' }

test.each(['/logo/x', '/logo', '/team/app', '/logo/../', '//'])(
  'serves the API and STS at / only, and refuses a foreign POST to %s',
  async (path) => {
    const emulator = await startEmulator()
    for (const call of [API, STS]) {
      const foreign = { host: 'evil.example', origin: 'http://evil.example' }
      expect(await statusOf(emulator, { path, headers: { ...call, ...foreign } })).toBe(403)
      expect(await statusOf(emulator, { path, headers: call })).toBe(404)
    }
    expect(await statusOf(emulator, { path: '/?x=1', headers: API })).not.toBe(404)
    expect(await statusOf(emulator, { path: '/', headers: STS })).toBe(400)
  }
)

test('does not refuse the registry and the gallery by their host', async () => {
  const emulator = await startEmulator()
  const headers = { host: 'emulator:5111' }
  expect(await statusOf(emulator, { method: 'GET', path: '/v2/', headers })).toBe(401)
  expect(await statusOf(emulator, { method: 'GET', path: '/token/', headers })).toBe(200)
  expect(await statusOf(emulator, { method: 'GET', path: '/', headers })).toBe(200)
})

test('changes nothing if it refuses a request', async () => {
  const emulator = await startEmulator({ seed: { repositories: [{ name: 'app' }] } })
  await statusOf(emulator, { path: '/_emulator/reset', headers: { origin: 'http://evil.example' } })
  const page = await fetch(`${emulator.url}/_emulator/requests`)
  expect(await page.json()).toEqual([])
  expect(await (await fetch(emulator.url)).text()).toContain('app')
})
