import { makeImage, makeReferrer, OCI } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'
import type { Answer, TestRegistry } from './open-registry.js'

const path = `/v2/${ALIAS}/team/app`
const image = makeImage('app')

interface TagList {
  readonly name: string
  readonly tags: readonly string[]
}

/** Starts a registry with these tags on one image. */
async function openWithTags(
  tags: readonly string[],
  options: Parameters<typeof openRegistry>[0] = {}
): Promise<TestRegistry> {
  const registry = await openRegistry({
    seed: { repositories: [{ name: 'team/seeded', images: [{ tags }] }] },
    ...options
  })
  return registry
}

const list = `/v2/${ALIAS}/team/seeded/tags/list`
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `v${String(at).padStart(4, '0')}`)

function nextOf(answer: Answer): string | undefined {
  return /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
}

async function listPages({ send }: TestRegistry, start: string): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = []
  for (let next: string | undefined = start; next !== undefined && pages.length < 1_000;) {
    const answer = await send('GET', next, { as: 'anonymous' })
    expect(answer.status).toBe(200)
    pages.push((answer.json() as TagList).tags)
    next = nextOf(answer)
  }
  return pages
}

test('lists tags as indented plain text, unordered, 100 per page', async () => {
  const tags = numbered(250)
  const registry = await openWithTags(tags)
  const answer = await registry.send('GET', list, { as: 'anonymous' })
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(answer.text).toMatch(/^\{\n {4}"name": "a1b2c3d4\/team\/seeded",\n {4}"tags": \[\n/)
  expect(nextOf(answer)).toMatch(new RegExp(`^${registry.emulator.url}${list}\\?last=\\w+$`))
  const pages = await listPages(registry, list)
  expect(pages.map((page) => page.length)).toEqual([100, 100, 50])
  expect(pages.flat()).not.toEqual(tags)
  expect(pages.flat().sort()).toEqual(tags)
})

test('n sets the page size and is part of the URL of the next page', async () => {
  const registry = await openWithTags(numbered(25))
  const pages = await listPages(registry, `${list}?n=10`)
  expect(pages.map((page) => page.length)).toEqual([10, 10, 5])
})

test('tags that are added or deleted between pages do not shift others', async () => {
  const registry = await openWithTags(numbered(30))
  const first = await registry.send('GET', `${list}?n=10`)
  await registry.send('DELETE', `/v2/${ALIAS}/team/seeded/manifests/v0003`)
  const rest = await listPages(registry, nextOf(first)!)
  expect(rest.flat().sort()).toEqual(numbered(30).slice(10))
})

test('rejects n above 1000 like ECR, and n that is not a number', async () => {
  const { send } = await openWithTags(numbered(3))
  const answer = await send('GET', `${list}?n=1001`)
  expect(answer.status).toBe(405)
  expect(answer.json()).toEqual({
    errors: [
      {
        code: 'UNSUPPORTED',
        message:
          "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'"
      }
    ]
  })
  expect((await send('GET', `${list}?n=x`)).status).toBe(405)
  expect((await send('GET', `${list}?last=v0001`)).status).toBe(405)
})

test('returns an empty list for a repository without tags', async () => {
  const { send } = await openRegistry()
  expect((await send('GET', `${path}/tags/list`)).json()).toEqual({
    name: `${ALIAS}/team/app`,
    tags: []
  })
})

describe('with the strict-oci profile', () => {
  const strict = { profile: 'strict-oci' } as const

  test('lists sorted tags after a tag that does not have to exist', async () => {
    const registry = await openWithTags(['b', 'a', 'B', 'c'], strict)
    expect(await listPages(registry, list)).toEqual([['B', 'a', 'b', 'c']])
    expect(await listPages(registry, `${list}?last=aa`)).toEqual([['b', 'c']])
    expect(await listPages(registry, `${list}?n=3`)).toEqual([['B', 'a', 'b'], ['c']])
    expect(await listPages(registry, `${list}?n=0`)).toEqual([[]])
    expect(await listPages(registry, `${list}?last=zz`)).toEqual([[]])
    const answer = await registry.send('GET', `${list}?n=2`)
    expect(nextOf(answer)).toMatch(/\?last=a&n=2$/)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test('lists added tags and omits deleted ones', async () => {
    const registry = await openWithTags(['b', 'd'], strict)
    expect((await listPages(registry, list)).flat()).toEqual(['b', 'd'])
    const at = `/v2/${ALIAS}/team/seeded/manifests`
    const manifest = await registry.send('GET', `${at}/b`)
    const headers = { 'content-type': manifest.headers.get('content-type')! }
    await registry.send('PUT', `${at}/c`, { body: manifest.bytes, headers })
    expect((await listPages(registry, list)).flat()).toEqual(['b', 'c', 'd'])
    await registry.send('DELETE', `${at}/b`)
    expect((await listPages(registry, list)).flat()).toEqual(['c', 'd'])
  })

  test('reduces n to the maximum page size', async () => {
    const registry = await openWithTags(numbered(3), { ...strict, limits: { maxTagsPerPage: 2 } })
    expect((await listPages(registry, `${list}?n=5000`)).map((page) => page.length)).toEqual([2, 1])
  })
})

describe('referrers', () => {
  const signature = makeReferrer(image, 'application/vnd.example.signature')
  const sbom = makeReferrer(image, 'application/vnd.example.sbom')
  const unknown = `${path}/referrers/sha256:${'0'.repeat(64)}`

  test('returns an index of descriptors for an image', async () => {
    const { pushImage, send } = await openRegistry()
    await pushImage('team/app', image, 'v1')
    const put = await pushImage('team/app', signature)
    expect(put.headers.get('oci-subject')).toBe(image.digest)
    const answer = await send('GET', `${path}/referrers/${image.digest}`, { as: 'anonymous' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(OCI.index)
    expect(answer.headers.get('oci-filters-applied')).toBeNull()
    expect(answer.json()).toEqual({
      schemaVersion: 2,
      mediaType: OCI.index,
      manifests: [
        {
          mediaType: OCI.manifest,
          digest: signature.digest,
          size: signature.bytes.length,
          artifactType: 'application/vnd.example.signature',
          annotations: { 'org.example.kind': 'application/vnd.example.signature' }
        }
      ]
    })
  })

  test('filters by artifact type and returns the applied filter', async () => {
    const { pushImage, send } = await openRegistry()
    for (const referrer of [signature, sbom]) await pushImage('team/app', referrer)
    const answer = await send(
      'GET',
      `${path}/referrers/${image.digest}?artifactType=application/vnd.example.sbom`
    )
    expect(answer.headers.get('oci-filters-applied')).toBe('artifactType')
    const { manifests } = answer.json() as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([sbom.digest])
  })

  test('returns an empty index for a missing subject and an error for an invalid digest', async () => {
    const { send } = await openRegistry()
    const answer = await send('GET', unknown)
    expect([answer.status, (answer.json() as { manifests: unknown[] }).manifests]).toEqual([
      200,
      []
    ])
    expect((await send('GET', `${path}/referrers/latest`)).status).toBe(400)
  })

  test('lists a referrer before its subject exists and not after its deletion', async () => {
    const { pushImage, send } = await openRegistry()
    await pushImage('team/app', signature)
    await pushImage('team/app', image, 'v1')
    const count = async (): Promise<number> =>
      ((await send('GET', `${path}/referrers/${image.digest}`)).json() as { manifests: [] })
        .manifests.length
    expect(await count()).toBe(1)
    await send('DELETE', `${path}/manifests/${signature.digest}`)
    expect(await count()).toBe(0)
  })

  test('returns pages that keep the filter', async () => {
    const { pushImage, send } = await openRegistry({ limits: { referrersPerPage: 2 } })
    const type = 'application/vnd.example.sbom'
    const referrers = [1, 2, 3, 4, 5].map((number) =>
      makeReferrer({ ...image, mediaType: `${image.mediaType}.${number}` }, type)
    )
    for (const referrer of referrers) await pushImage('team/app', referrer)
    const found: string[] = []
    const start = `${path}/referrers/${image.digest}?artifactType=${encodeURIComponent(type)}`
    let pages = 0
    for (let next: string | undefined = start; next !== undefined; pages++) {
      const answer = await send('GET', next)
      const { manifests } = answer.json() as { manifests: { digest: string }[] }
      found.push(...manifests.map(({ digest }) => digest))
      next = nextOf(answer)
    }
    expect(pages).toBe(3)
    expect(found).toEqual(referrers.map(({ digest }) => digest).sort())
  })

  test('returns 404 with referrers=off', async () => {
    const { send } = await openRegistry({ referrers: 'off' })
    expect((await send('GET', unknown)).status).toBe(404)
  })
})
