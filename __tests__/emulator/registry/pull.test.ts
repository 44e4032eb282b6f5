import { pbkdf2 } from 'node:crypto'
import { jest } from '@jest/globals'
import { Blobs } from '../../../src/emulator/store/blobs.js'
import { content, digestOf, makeImage, OCI } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'
import type { Answer, TestRegistry } from './open-registry.js'

const image = makeImage('app')
const layer = image.blobs[0]!
const path = `/v2/${ALIAS}/team/app`

async function openWithImage(
  options: Parameters<typeof openRegistry>[0] = {}
): Promise<TestRegistry> {
  const registry = await openRegistry(options)
  await registry.pushImage('team/app', image, 'v1')
  return registry
}

function errorOf(answer: Answer): unknown {
  return (answer.json() as { errors: unknown[] }).errors[0]
}

test.each(['v1', image.digest])('serves the exact bytes of a manifest by %s', async (name) => {
  const { send } = await openWithImage()
  const answer = await send('GET', `${path}/manifests/${name}`, { as: 'anonymous' })
  expect(answer.status).toBe(200)
  expect(answer.bytes.equals(image.bytes)).toBe(true)
  expect(answer.headers.get('content-type')).toBe(OCI.manifest)
  expect(answer.headers.get('content-length')).toBe(String(image.bytes.length))
})

test('serves a manifest that another request deletes at the same time', async () => {
  const { send } = await openWithImage()
  // eslint-disable-next-line @typescript-eslint/unbound-method -- applied to the instance below
  const { read } = Blobs.prototype
  const spy = jest.spyOn(Blobs.prototype, 'read').mockImplementation(function (
    this: Blobs,
    digest
  ) {
    // An asynchronous read would wait for the threads of Node.js, which are busy.
    for (let at = 0; at < 16; at++) pbkdf2('', '', 20_000, 64, 'sha512', () => undefined)
    const bytes = read.call(this, digest)
    this.delete(digest)
    return bytes
  })
  const answer = await send('GET', `${path}/manifests/v1`)
  spy.mockRestore()
  expect(answer.status).toBe(200)
  expect(answer.bytes.equals(image.bytes)).toBe(true)
})

test('HEAD returns the digest, and GET only with digestOnManifestGet=present', async () => {
  const { send } = await openWithImage()
  const head = await send('HEAD', `${path}/manifests/v1`, { as: 'anonymous' })
  expect(head.headers.get('docker-content-digest')).toBe(image.digest)
  expect(head.headers.get('content-length')).toBe(String(image.bytes.length))
  expect(head.headers.get('content-type')).toBe(OCI.manifest)
  const get = await send('GET', `${path}/manifests/v1`)
  expect(get.headers.get('docker-content-digest')).toBeNull()

  const other = await openWithImage({ digestOnManifestGet: 'present' })
  const told = await other.send('GET', `${path}/manifests/v1`)
  expect(told.headers.get('docker-content-digest')).toBe(image.digest)
})

test.each([
  ['/manifests/none', 404, 'MANIFEST_UNKNOWN', 'Requested image not found'],
  [
    `/manifests/${digestOf(Buffer.from('x'))}`,
    404,
    'MANIFEST_UNKNOWN',
    'Requested image not found'
  ],
  [`/blobs/${digestOf(Buffer.from('x'))}`, 404, 'BLOB_UNKNOWN', /The layer with digest 'sha256:/],
  ['/blobs/sha256:00', 400, 'DIGEST_INVALID', /regular expression/]
])('%s returns %d %s', async (what, status, code, message) => {
  const { send } = await openWithImage()
  const answer = await send('GET', path + what, { as: 'anonymous' })
  expect(answer.status).toBe(status)
  expect(errorOf(answer)).toEqual({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message)
  })
})

test('the error for an unknown repository or registry contains the alias', async () => {
  const { send } = await openWithImage()
  const answer = await send('GET', `/v2/${ALIAS}/none/manifests/v1`)
  expect(answer.status).toBe(404)
  expect(errorOf(answer)).toEqual({
    code: 'NAME_UNKNOWN',
    message: `The repository with name 'none' does not exist in the registry with id '${ALIAS}'`
  })
  const other = await send('GET', '/v2/other/team/app/manifests/v1')
  expect(errorOf(other)).toMatchObject({ message: expect.stringContaining("id 'other'") })
})

test('redirects GET of a blob to another host without a token', async () => {
  const { send, emulator } = await openWithImage()
  const answer = await send('GET', `${path}/blobs/${layer.digest}`, { as: 'anonymous' })
  expect(answer.status).toBe(307)
  const location = new URL(answer.headers.get('location')!)
  expect(location.hostname).toBe('localhost')
  expect(location.port).toBe(new URL(emulator.url).port)

  const blob = await send('GET', location.href, { as: 'none' })
  expect(blob.status).toBe(200)
  expect(blob.bytes.equals(layer.bytes)).toBe(true)
  const withToken = await send('GET', location.href)
  expect(withToken.status).toBe(400)
  expect(withToken.text).toContain('<Code>InvalidArgument</Code>')
  expect(withToken.text).toContain('Only one auth mechanism allowed')
})

test('a redirect to the same host ignores the token that clients send', async () => {
  const { send, emulator } = await openWithImage({ blobRedirect: 'same-host' })
  const answer = await send('GET', `${path}/blobs/${layer.digest}`)
  const location = answer.headers.get('location')!
  expect(location).toContain(emulator.url)
  expect((await send('GET', location)).status).toBe(200)
})

test('rejects a signed URL that was changed or is older than 15 minutes', async () => {
  let minutes = 0
  const now = (): Date => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)
  const { send } = await openWithImage({ now })
  const answer = await send('GET', `${path}/blobs/${layer.digest}`)
  const location = answer.headers.get('location')!
  const config = image.blobs[1]!
  const changed = location.replace(layer.digest, config.digest)
  for (const address of [changed, location.replace('X-Amz-Expires=900', 'X-Amz-Expires=9000')]) {
    const refused = await send('GET', address, { as: 'none' })
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining('SignatureDoesNotMatch')
    ])
  }
  minutes = 16
  const late = await send('GET', location, { as: 'none' })
  expect([late.status, late.text]).toEqual([403, expect.stringContaining('Request has expired')])
})

test('serves ranges of a blob, with and without a redirect', async () => {
  const { send } = await openWithImage()
  const location = (await send('GET', `${path}/blobs/${layer.digest}`)).headers.get('location')!
  const direct = await openWithImage({ blobRedirect: 'off' })
  const range = { range: 'bytes=2-5' }
  const size = layer.bytes.length
  for (const part of [
    await send('GET', location, { as: 'none', headers: range }),
    await direct.send('GET', `${path}/blobs/${layer.digest}`, { headers: range })
  ]) {
    expect(part.status).toBe(206)
    expect(part.bytes.equals(layer.bytes.subarray(2, 6))).toBe(true)
    expect(part.headers.get('content-range')).toBe(`bytes 2-5/${size}`)
  }
  const beyond = await send('GET', location, { as: 'none', headers: { range: 'bytes=999-' } })
  expect(beyond.status).toBe(416)
  expect(beyond.headers.get('content-range')).toBe(`bytes */${size}`)
})

test('HEAD of a blob returns 401 for anonymous clients and succeeds for the account', async () => {
  const { send } = await openWithImage()
  expect((await send('HEAD', `${path}/blobs/${layer.digest}`, { as: 'anonymous' })).status).toBe(
    401
  )
  const head = await send('HEAD', `${path}/blobs/${layer.digest}`)
  expect(head.status).toBe(200)
  expect(head.headers.get('content-length')).toBe(String(layer.bytes.length))
  const missing = digestOf(Buffer.from('missing'))
  expect((await send('HEAD', `${path}/blobs/${missing}`)).status).toBe(404)

  const other = await openWithImage({ anonymousBlobHead: 'answer' })
  const answered = await other.send('HEAD', `${path}/blobs/${layer.digest}`, { as: 'anonymous' })
  expect(answered.status).toBe(200)
})

test('an empty blob can be pushed and pulled', async () => {
  const { send, pushBlob } = await openRegistry({ blobRedirect: 'off' })
  const empty = content('')
  expect((await pushBlob('team/app', empty)).status).toBe(201)
  const answer = await send('GET', `${path}/blobs/${empty.digest}`)
  expect([answer.status, answer.bytes.length]).toEqual([200, 0])
})

test('returns 429 for reads that exceed the rate, and accepts reads later', async () => {
  let seconds = 0
  const now = (): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000)
  const { send } = await openWithImage({
    now,
    limits: { anonymousReadsPerSecond: 1, accountReadsPerSecond: 3 }
  })
  const read = async (as: 'account' | 'anonymous'): Promise<number> =>
    (await send('GET', `${path}/manifests/v1`, { as })).status
  expect([await read('anonymous'), await read('anonymous')]).toEqual([200, 429])
  expect([await read('account'), await read('account')]).toEqual([200, 200])
  const answer = await send('GET', `${path}/manifests/v1`, { as: 'anonymous' })
  expect(errorOf(answer)).toEqual({ code: 'TOOMANYREQUESTS', message: 'Rate exceeded' })
  seconds = 1
  expect(await read('anonymous')).toBe(200)
  // The clock is set back by an hour.
  seconds = -3_600
  expect(await read('anonymous')).toBe(429)
  seconds = -3_599
  expect(await read('anonymous')).toBe(200)
})

test('faults apply to registry operations and return registry errors', async () => {
  const { send, emulator } = await openWithImage()
  const manifest = (): Promise<Answer> => send('GET', `${path}/manifests/v1`)
  await emulator.fault({ operation: 'GetManifest', fault: 'throttle', count: 1 })
  const throttled = await manifest()
  expect([throttled.status, errorOf(throttled)]).toEqual([
    429,
    { code: 'TOOMANYREQUESTS', message: 'Rate exceeded' }
  ])
  expect((await manifest()).status).toBe(200)
  await emulator.fault({ operation: 'GetManifest', fault: 'server-error', count: 1 })
  expect((await manifest()).status).toBe(500)
  await emulator.fault({ operation: 'GetToken', fault: 'expired-token', count: 1 })
  expect((await send('GET', '/token/', { as: 'none' })).status).toBe(403)
  await emulator.fault({ operation: 'GetManifest', fault: 'expired-token', count: 1 })
  expect((await manifest()).status).toBe(400)
  await emulator.fault({ operation: 'GetManifest', fault: 'access-denied', count: 1 })
  expect((await manifest()).status).toBe(403)
  await emulator.fault({ operation: 'DownloadBlob', fault: 'truncate', count: 1 })
  const location = (await send('GET', `${path}/blobs/${layer.digest}`)).headers.get('location')!
  await expect(send('GET', location, { as: 'none' })).rejects.toThrow()
  expect((await send('GET', location, { as: 'none' })).status).toBe(200)
})

test('the request log contains the operation and the error', async () => {
  const { send, emulator } = await openWithImage()
  await send('GET', `${path}/manifests/none`)
  const log = await emulator.requests()
  expect(log.at(-1)).toMatchObject({
    route: 'GetManifest',
    method: 'GET',
    path: `${path}/manifests/none`,
    status: 404,
    error: 'MANIFEST_UNKNOWN'
  })
})
