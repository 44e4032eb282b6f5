import { content, digestOf, makeImage, makeIndex, makeReferrer, OCI } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'
import type { TestRegistry } from './open-registry.js'

/*
 * What the OCI distribution specification 1.1 requires (MUST), by its four workflow categories:
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#workflow-categories
 */
const path = `/v2/${ALIAS}/team/app`
const strict = { profile: 'strict-oci' } as const
const image = makeImage('app')
const missing = digestOf(Buffer.from('missing'))

async function openStrict(): Promise<TestRegistry> {
  const registry = await openRegistry(strict, ['team/app', 'team/other'])
  await registry.pushImage('team/app', image, 'v1')
  return registry
}

describe('pull', () => {
  test('GET and HEAD of manifests by tag and digest return the same headers and a digest', async () => {
    const { send } = await openStrict()
    for (const reference of ['v1', image.digest]) {
      const get = await send('GET', `${path}/manifests/${reference}`, { as: 'anonymous' })
      const head = await send('HEAD', `${path}/manifests/${reference}`, { as: 'anonymous' })
      expect([get.status, head.status]).toEqual([200, 200])
      expect(digestOf(get.bytes)).toBe(image.digest)
      for (const name of ['docker-content-digest', 'content-type', 'content-length']) {
        expect(get.headers.get(name)).toBe(head.headers.get(name))
      }
      expect(get.headers.get('docker-content-digest')).toBe(image.digest)
      expect(head.bytes).toHaveLength(0)
    }
  })

  test('GET and HEAD of blobs return the bytes and their digest', async () => {
    const { send } = await openStrict()
    for (const { digest, bytes } of image.blobs) {
      const get = await send('GET', `${path}/blobs/${digest}`, { as: 'anonymous' })
      expect([get.status, digestOf(get.bytes)]).toEqual([200, digest])
      const head = await send('HEAD', `${path}/blobs/${digest}`, { as: 'anonymous' })
      expect([head.status, head.headers.get('content-length')]).toEqual([200, `${bytes.length}`])
      expect(head.headers.get('docker-content-digest')).toBe(digest)
    }
  })

  test('a missing resource returns 404 with errors in the format of the specification', async () => {
    const { send } = await openStrict()
    for (const [target, code] of [
      [`${path}/manifests/none`, 'MANIFEST_UNKNOWN'],
      [`${path}/manifests/${missing}`, 'MANIFEST_UNKNOWN'],
      [`${path}/blobs/${missing}`, 'BLOB_UNKNOWN'],
      [`/v2/${ALIAS}/none/manifests/v1`, 'NAME_UNKNOWN'],
      [`/v2/${ALIAS}/none/tags/list`, 'NAME_UNKNOWN']
    ] as const) {
      const answer = await send('GET', target)
      expect(answer.status).toBe(404)
      expect(answer.json()).toEqual({ errors: [{ code, message: expect.any(String) }] })
      expect((await send('HEAD', target.replace('tags/list', 'manifests/v1'))).status).toBe(404)
    }
  })
})

describe('push', () => {
  test('POST, then PUT', async () => {
    const { send } = await openStrict()
    const blob = content('post, then put')
    const started = await send('POST', `${path}/blobs/uploads/`)
    expect(started.status).toBe(202)
    const location = started.headers.get('location')!
    const put = await send('PUT', `${location}?digest=${blob.digest}`, {
      body: blob.bytes,
      headers: { 'content-type': 'application/octet-stream' }
    })
    expect(put.status).toBe(201)
    const stored = await send('GET', put.headers.get('location')!)
    expect(stored.bytes.equals(blob.bytes)).toBe(true)
  })

  test('a single POST', async () => {
    const { pushBlob, send } = await openStrict()
    const blob = content('a single post')
    const answer = await pushBlob('team/app', blob)
    expect(answer.status).toBe(201)
    expect((await send('GET', answer.headers.get('location')!)).text).toBe('a single post')
  })

  test('chunks: 202 with a correct Range, 416 for a wrong position, and the state of the upload', async () => {
    const { send } = await openStrict()
    const bytes = Buffer.from('one chunk, two chunks')
    const started = await send('POST', `${path}/blobs/uploads/`, {
      headers: { 'content-length': '0' }
    })
    let location = started.headers.get('location')!
    const send2 = (range: string, body: Buffer): ReturnType<typeof send> =>
      send('PATCH', location, {
        body,
        headers: { 'content-range': range, 'content-type': 'application/octet-stream' }
      })
    const late = await send2('10-20', bytes.subarray(10))
    expect(late.status).toBe(416)
    const first = await send2('0-9', bytes.subarray(0, 10))
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-9'])
    location = first.headers.get('location')!
    expect((await send2('0-9', bytes.subarray(0, 10))).status).toBe(416)
    const state = await send('GET', location)
    expect([state.status, state.headers.get('range')]).toEqual([204, '0-9'])
    expect(state.headers.get('location')).toBeTruthy()
    const second = await send2('10-20', bytes.subarray(10))
    expect([second.status, second.headers.get('range')]).toEqual([202, '0-20'])
    const digest = digestOf(bytes)
    const put = await send('PUT', `${second.headers.get('location')!}?digest=${digest}`)
    expect(put.status).toBe(201)
    expect(put.headers.get('location')).toBeTruthy()
  })

  test('PUT accepts the last chunk and returns 416 for a wrong position', async () => {
    const { send } = await openStrict()
    const digest = digestOf(Buffer.from('abc'))
    const started = await send('POST', `${path}/blobs/uploads/`)
    const location = started.headers.get('location')!
    await send('PATCH', location, { body: 'ab', headers: { 'content-range': '0-1' } })
    const put = (range: string): ReturnType<typeof send> =>
      send('PUT', `${location}?digest=${digest}`, {
        body: 'c',
        headers: { 'content-range': range }
      })
    expect((await put('3-3')).status).toBe(416)
    expect((await put('2-2')).status).toBe(201)
  })

  test('a wrong or invalid digest returns 400 DIGEST_INVALID', async () => {
    const { send } = await openStrict()
    for (const digest of [missing, 'sha256:totallywrong']) {
      const started = await send('POST', `${path}/blobs/uploads/`)
      const target = `${started.headers.get('location')!}?digest=${digest}`
      const answer = await send('PUT', target, { body: 'bytes' })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('DIGEST_INVALID')
    }
  })

  test('a mount returns 201 with the blob, or 202 with an upload', async () => {
    const { send } = await openStrict()
    const mount = (digest: string): ReturnType<typeof send> =>
      send('POST', `/v2/${ALIAS}/team/other/blobs/uploads/?mount=${digest}&from=${ALIAS}/team/app`)
    const { digest } = image.blobs[0]!
    const mounted = await mount(digest)
    expect(mounted.status).toBe(201)
    expect((await send('GET', mounted.headers.get('location')!)).status).toBe(200)
    const started = await mount(missing)
    expect([started.status, started.headers.get('location')]).toEqual([
      202,
      expect.stringContaining('/blobs/uploads/')
    ])
  })

  test('accepts manifests by tag and digest, indexes, and referrers before their subject', async () => {
    const { pushImage, send } = await openStrict()
    const put = await pushImage('team/app', makeIndex([image]), 'index')
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([
      201,
      expect.stringMatching(/^sha256:/)
    ])
    expect((await send('GET', put.headers.get('location')!)).headers.get('content-type')).toBe(
      OCI.index
    )
    const referrer = makeReferrer(makeImage('not there'), 'application/vnd.example')
    const pushed = await pushImage('team/app', referrer)
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([
      201,
      makeImage('not there').digest
    ])
  })

  test('returns 400 for an invalid manifest and 404 for missing blobs', async () => {
    const { send } = await openStrict()
    const put = (body: Buffer): ReturnType<typeof send> =>
      send('PUT', `${path}/manifests/bad`, { body, headers: { 'content-type': OCI.manifest } })
    const broken = await put(Buffer.from('{'))
    expect([broken.status, broken.text]).toEqual([400, expect.stringContaining('MANIFEST_INVALID')])
    const incomplete = await put(makeImage('without blobs').bytes)
    expect([incomplete.status, incomplete.text]).toEqual([
      404,
      expect.stringContaining('MANIFEST_BLOB_UNKNOWN')
    ])
    const long = await put(Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
    expect(long.status).toBe(413)
  })
})

describe('content discovery', () => {
  test('lists tags in lexical order with n and last, and referrers with their filter', async () => {
    const { pushImage, send } = await openStrict()
    for (const tag of ['b', 'a', 'c']) await pushImage('team/app', image, tag)
    const tags = async (query: string): Promise<unknown> =>
      (await send('GET', `${path}/tags/list${query}`)).json()
    const name = `${ALIAS}/team/app`
    expect(await tags('')).toEqual({ name, tags: ['a', 'b', 'c', 'v1'] })
    expect(await tags('?n=2')).toEqual({ name, tags: ['a', 'b'] })
    expect(await tags('?n=2&last=b')).toEqual({ name, tags: ['c', 'v1'] })
    expect(await tags('?n=0')).toEqual({ name, tags: [] })
    const type = 'application/vnd.example.sbom'
    await pushImage('team/app', makeReferrer(image, type))
    for (const [wanted, count] of [
      [type, 1],
      ['application/vnd.example.other', 0]
    ] as const) {
      const answer = await send('GET', `${path}/referrers/${image.digest}?artifactType=${wanted}`)
      expect(answer.headers.get('oci-filters-applied')).toBe('artifactType')
      expect((answer.json() as { manifests: [] }).manifests).toHaveLength(count)
    }
  })
})

describe('content management', () => {
  test('deletes a tag without its manifest, and a manifest with its tags', async () => {
    const { send } = await openStrict()
    expect((await send('DELETE', `${path}/manifests/v1`)).status).toBe(202)
    expect((await send('GET', `${path}/manifests/v1`)).status).toBe(404)
    expect((await send('GET', `${path}/manifests/${image.digest}`)).status).toBe(200)
    expect((await send('DELETE', `${path}/manifests/${image.digest}`)).status).toBe(202)
    expect((await send('GET', `${path}/manifests/${image.digest}`)).status).toBe(404)
    expect((await send('DELETE', `${path}/manifests/${image.digest}`)).status).toBe(404)
  })

  test('deletes a child before its index and rejects deleting a blob', async () => {
    const { pushImage, send } = await openStrict()
    await pushImage('team/app', makeIndex([image]), 'index')
    expect((await send('DELETE', `${path}/manifests/${image.digest}`)).status).toBe(202)
    const blob = await send('DELETE', `${path}/blobs/${image.blobs[0]!.digest}`)
    expect([blob.status, blob.text]).toEqual([405, expect.stringContaining('UNSUPPORTED')])
  })
})
