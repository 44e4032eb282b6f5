import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import { createClient } from '../create-client.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { content, digestOf, makeImage, makeIndex, OCI } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'
import type { Answer, TestRegistry } from './open-registry.js'

const path = `/v2/${ALIAS}/team/app`
const MEGABYTE = 1024 * 1024

const codeOf = (answer: Answer): string =>
  (answer.json() as { errors: { code: string }[] }).errors[0]!.code

async function startUpload({ send }: TestRegistry): Promise<string> {
  const answer = await send('POST', `${path}/blobs/uploads/`)
  expect(answer.status).toBe(202)
  return answer.headers.get('location')!
}

test('an image that was pushed is described by the API and can be pulled unchanged', async () => {
  const registry = await openRegistry()
  const image = makeImage('app')
  const put = await registry.pushImage('team/app', image, 'v1')
  expect(put.status).toBe(201)
  expect(put.headers.get('docker-content-digest')).toBe(image.digest)
  expect(put.headers.get('location')).toBe(
    `${registry.emulator.url}${path}/manifests/${image.digest}`
  )
  const { imageDetails } = await createClient(registry.emulator).send(
    new DescribeImagesCommand({ repositoryName: 'team/app' })
  )
  expect(imageDetails).toEqual([
    expect.objectContaining({
      imageDigest: image.digest,
      imageTags: ['v1'],
      imageSizeInBytes: image.blobs[0]!.bytes.length,
      imageManifestMediaType: OCI.manifest,
      artifactMediaType: OCI.config
    })
  ])
})

test('accepts a blob in one request, as a stream, and in chunks', async () => {
  const registry = await openRegistry()
  const { send, pushBlob } = registry
  const blob = content('in one request')
  const created = await pushBlob('team/app', blob)
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toMatch(new RegExp(`${path}/blobs/${blob.digest}$`))

  const streamed = content('in a stream')
  const location = await startUpload(registry)
  await send('PATCH', location, { body: streamed.bytes })
  expect((await send('PUT', `${location}?digest=${streamed.digest}`)).status).toBe(201)

  const last = content('with the last request')
  const another = await startUpload(registry)
  const done = await send('PUT', `${another}?digest=${last.digest}`, { body: last.bytes })
  expect(done.status).toBe(201)
  for (const { digest } of [blob, streamed, last]) {
    expect((await send('HEAD', `${path}/blobs/${digest}`)).status).toBe(200)
  }
})

test('responds to chunks like ECR: 201, with a Range that does not advance', async () => {
  const registry = await openRegistry()
  const { send } = registry
  const bytes = Buffer.alloc(11 * MEGABYTE, 'chunk')
  const location = await startUpload(registry)
  const ends = [5 * MEGABYTE, 10 * MEGABYTE]
  for (const [at, end] of ends.entries()) {
    const start = ends[at - 1] ?? 0
    const answer = await send('PATCH', location, {
      body: bytes.subarray(start, end),
      headers: { 'content-range': `${start}-${end - 1}` }
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('range')).toBe(`0-${5 * MEGABYTE - 1}`)
  }
  expect((await send('GET', location)).headers.get('range')).toBe(`0-${10 * MEGABYTE - 1}`)
  const put = await send('PUT', `${location}?digest=${digestOf(bytes)}`, {
    body: bytes.subarray(10 * MEGABYTE),
    headers: { 'content-range': `${10 * MEGABYTE}-${11 * MEGABYTE - 1}` }
  })
  expect(put.status).toBe(201)
})

test('the Range of ECR is the same after a restart, and valid for an empty chunk', async () => {
  const data = mkdtempSync(join(tmpdir(), 'push-'))
  const registry = await openRegistry({ data })
  const { emulator, send } = registry
  const body = Buffer.alloc(5 * MEGABYTE)
  const location = await startUpload(registry)
  await send('PATCH', location, { body })
  const empty = await send('PATCH', await startUpload(registry), { body: '' })
  expect(empty.headers.get('range')).toBe('0-0')
  await emulator.close()
  const next = await startEmulator({ alias: ALIAS, data })
  const answer = await send('PATCH', location.replace(emulator.url, next.url), { body })
  expect(answer.headers.get('range')).toBe(`0-${5 * MEGABYTE - 1}`)
  await next.close()
  rmSync(data, { recursive: true })
})

test('an empty chunk does not change the upload', async () => {
  const registry = await openRegistry()
  const { send } = registry
  const location = await startUpload(registry)
  expect((await send('PATCH', location, { body: '' })).status).toBe(201)
  const bytes = Buffer.alloc(5 * MEGABYTE, 'chunk')
  for (const body of [bytes, '', bytes]) {
    const answer = await send('PATCH', location, { body })
    expect([answer.status, answer.headers.get('range')]).toEqual([201, `0-${5 * MEGABYTE - 1}`])
  }
  const digest = digestOf(Buffer.concat([bytes, bytes]))
  expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
})

test('a chunk smaller than 5 MiB must be the last one', async () => {
  const registry = await openRegistry()
  const location = await startUpload(registry)
  await registry.send('PATCH', location, { body: 'short' })
  const answer = await registry.send('PATCH', location, { body: 'another' })
  expect([answer.status, codeOf(answer)]).toEqual([400, 'BLOB_UPLOAD_INVALID'])
})

test('a chunk with a wrong position returns 416, and the upload can continue', async () => {
  const registry = await openRegistry({ shortChunks: 'accept' })
  const { send } = registry
  const location = await startUpload(registry)
  await send('PATCH', location, { body: 'first', headers: { 'content-range': '0-4' } })
  for (const range of ['0-5', '6-11', '5-7', 'nonsense']) {
    const answer = await send('PATCH', location, {
      body: 'second',
      headers: { 'content-range': range }
    })
    expect(answer.status).toBe(416)
    expect(answer.headers.get('range')).toBe('0-4')
    expect(answer.headers.get('location')).toBe(location)
  }
  await send('PATCH', location, { body: 'second', headers: { 'content-range': '5-10' } })
  const digest = digestOf(Buffer.from('firstsecond'))
  expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
})

test('an interrupted upload keeps the earlier bytes', async () => {
  const registry = await openRegistry({ shortChunks: 'accept' })
  const { send, tokens } = registry
  const location = await startUpload(registry)
  await send('PATCH', location, { body: 'whole' })
  await new Promise<void>((resolve) => {
    const headers = { authorization: `Bearer ${tokens.account}`, 'content-length': 1_000 }
    const patch = request(location, { method: 'PATCH', headers })
    patch.on('error', () => resolve())
    patch.write('half', () => patch.destroy())
  })
  let state = await send('GET', location)
  // The interrupted request can still be active when this one arrives.
  for (let tries = 0; tries < 100 && state.status !== 204; tries++) {
    state = await send('GET', location)
  }
  expect(state.headers.get('range')).toBe('0-4')
  const digest = digestOf(Buffer.from('whole'))
  expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201)
})

test('rejects bytes that do not match the digest', async () => {
  const registry = await openRegistry()
  const { send } = registry
  const wrong = digestOf(Buffer.from('something else'))
  const location = await startUpload(registry)
  const answer = await send('PUT', `${location}?digest=${wrong}`, { body: 'bytes' })
  expect([answer.status, codeOf(answer)]).toEqual([400, 'BLOB_UPLOAD_INVALID'])
  expect((await send('HEAD', `${path}/blobs/${wrong}`)).status).toBe(404)
  expect((await send('GET', location)).status).toBe(404)

  const once = await send('POST', `${path}/blobs/uploads/?digest=${wrong}`, { body: 'bytes' })
  expect(once.status).toBe(400)
  expect((await send('PUT', `${await startUpload(registry)}?digest=sha512:00`)).status).toBe(400)
})

test('rejects a layer above the maximum size', async () => {
  const { pushBlob } = await openRegistry({ limits: { layerBytes: 4 } })
  expect((await pushBlob('team/app', content('four'))).status).toBe(201)
  const answer = await pushBlob('team/app', content('fiver'))
  expect([answer.status, codeOf(answer)]).toEqual([400, 'SIZE_INVALID'])
})

test('an upload can be canceled and is unknown afterwards', async () => {
  const registry = await openRegistry()
  const location = await startUpload(registry)
  expect((await registry.send('DELETE', location)).status).toBe(204)
  const answer = await registry.send('PATCH', location, { body: 'late' })
  expect([answer.status, codeOf(answer)]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
})

test('accepts an existing blob again', async () => {
  const { pushBlob } = await openRegistry()
  const blob = content('twice')
  expect((await pushBlob('team/app', blob)).status).toBe(201)
  expect((await pushBlob('team/app', blob)).status).toBe(201)
})

test('mounts a blob of another repository, and starts an upload for an unknown blob', async () => {
  const { send, pushBlob } = await openRegistry({ mount: 'on' }, ['team/app', 'team/other'])
  const blob = content('shared')
  await pushBlob('team/other', blob)
  const mount = (digest: string, from: string): Promise<Answer> =>
    send('POST', `${path}/blobs/uploads/?mount=${digest}${from}`)
  const from = `&from=${ALIAS}/team/other`
  const unknown = await mount(digestOf(Buffer.from('nowhere')), from)
  expect(unknown.status).toBe(202)
  expect((await mount(blob.digest, `&from=other/team/other`)).status).toBe(202)
  const mounted = await mount(blob.digest, from)
  expect(mounted.status).toBe(201)
  expect(mounted.headers.get('docker-content-digest')).toBe(blob.digest)
  expect((await send('HEAD', `${path}/blobs/${blob.digest}`)).status).toBe(200)
})

test('does not mount by default, like public.ecr.aws', async () => {
  const { send, pushBlob } = await openRegistry({}, ['team/app', 'team/other'])
  const blob = content('shared')
  await pushBlob('team/other', blob)
  const url = `${path}/blobs/uploads/?mount=${blob.digest}&from=${ALIAS}/team/other`
  expect((await send('POST', url)).status).toBe(202)
  expect((await send('HEAD', `${path}/blobs/${blob.digest}`)).status).toBe(404)
})

test.each([
  ['faithful', 405],
  ['strict-oci', 201]
] as const)(
  'with the profile %s, PUT of a manifest without a media type returns %i',
  async (profile, status) => {
    const { send, pushBlob } = await openRegistry({ profile }, ['team/app'])
    const config = content('{}')
    await pushBlob('team/app', config)
    const body = JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: OCI.config, digest: config.digest, size: config.bytes.length },
      layers: []
    })
    const headers = { 'content-type': `${OCI.manifest}; charset=utf-8` }
    expect((await send('PUT', `${path}/manifests/v1`, { body, headers })).status).toBe(status)
  }
)

test('finds the blob of a mount without "from", and never mounts with mount=off', async () => {
  const blob = content('shared')
  for (const [mount, status] of [
    ['on', 201],
    ['off', 202]
  ] as const) {
    const { send, pushBlob } = await openRegistry({ mount }, ['team/app', 'team/other'])
    await pushBlob('team/other', blob)
    const answer = await send('POST', `${path}/blobs/uploads/?mount=${blob.digest}`)
    expect(answer.status).toBe(status)
  }
})

test('a manifest requires its blobs, and an index its images', async () => {
  const { send } = await openRegistry()
  const image = makeImage('app')
  const put = (manifest: typeof image): Promise<Answer> =>
    send('PUT', `${path}/manifests/v1`, {
      body: manifest.bytes,
      headers: { 'content-type': manifest.mediaType }
    })
  const answer = await put(image)
  expect([answer.status, codeOf(answer)]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
  expect(answer.text).toContain(`Layers with digests '[${image.blobs[1]!.digest}, `)
  const index = await put(makeIndex([image]))
  expect([index.status, codeOf(index)]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
  expect(index.text).toContain(`Images with digests '[${image.digest}]'`)
})

test('pushes a multi-platform image by digest and tags its index', async () => {
  const { pushImage, send } = await openRegistry()
  const index = makeIndex([makeImage('amd64'), makeImage('arm64')])
  expect((await pushImage('team/app', index, 'v1')).status).toBe(201)
  const answer = await send('GET', `${path}/manifests/v1`)
  expect(answer.headers.get('content-type')).toBe(OCI.index)
  expect(answer.bytes.equals(index.bytes)).toBe(true)
})

test('accepts the same manifest again, and moves the tag to another manifest', async () => {
  const { pushImage, send } = await openRegistry()
  const [first, second] = [makeImage('one'), makeImage('two')]
  expect((await pushImage('team/app', first, 'v1')).status).toBe(201)
  expect((await pushImage('team/app', first, 'v1')).status).toBe(201)
  expect((await pushImage('team/app', first)).status).toBe(201)
  await pushImage('team/app', second, 'v1')
  const head = await send('HEAD', `${path}/manifests/v1`)
  expect(head.headers.get('docker-content-digest')).toBe(second.digest)
  expect((await send('HEAD', `${path}/manifests/${first.digest}`)).status).toBe(200)
})

test.each([
  ['{', OCI.manifest, 405, 'UNSUPPORTED'],
  [
    '{"schemaVersion":1}',
    'application/vnd.docker.distribution.manifest.v1+json',
    405,
    'UNSUPPORTED'
  ],
  [Buffer.from([0x7b, 0xff, 0x7d]), OCI.manifest, 405, 'UNSUPPORTED'],
  [Buffer.alloc(4 * MEGABYTE + 1, ' '), OCI.manifest, 413, 'SIZE_INVALID']
])('rejects an invalid manifest (%#)', async (body, mediaType, status, code) => {
  const { send } = await openRegistry()
  const answer = await send('PUT', `${path}/manifests/v1`, {
    body,
    headers: { 'content-type': mediaType }
  })
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
})

test('rejects a manifest under the digest of another one', async () => {
  const { pushImage, send } = await openRegistry()
  const image = makeImage('app')
  await pushImage('team/app', image)
  const answer = await send('PUT', `${path}/manifests/${digestOf(Buffer.from('other'))}`, {
    body: image.bytes,
    headers: { 'content-type': image.mediaType }
  })
  expect([answer.status, codeOf(answer)]).toEqual([400, 'MANIFEST_INVALID'])
})

test('rejects a push to a repository that does not exist', async () => {
  const { send } = await openRegistry()
  for (const [method, target] of [
    ['POST', `/v2/${ALIAS}/none/blobs/uploads/`],
    ['PUT', `/v2/${ALIAS}/none/manifests/v1`]
  ] as const) {
    const answer = await send(method, target)
    expect([answer.status, codeOf(answer)]).toEqual([404, 'NAME_UNKNOWN'])
  }
})
