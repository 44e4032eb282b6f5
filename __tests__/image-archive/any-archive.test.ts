import fc from 'fast-check'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { ArchiveContents, StoredContent } from '../../src/image-archive/contents.js'
import { ActionError } from '../../src/runner/errors.js'
import {
  blobName,
  buildBlob,
  buildImage,
  buildIndex,
  dockerMembers,
  json,
  ociMembers,
  writeOciDirectory
} from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { isSoak } from '../helpers/counts.js'
import {
  openArchive,
  readStoredContent,
  readDiffIds,
  useDirectory
} from '../helpers/read-archive.js'
import { tarArchive, tarMember, writeChecksum } from '../helpers/tar-writer.js'
import type { TarMember } from '../helpers/tar-writer.js'

const directory = useDirectory()
const RUNS = isSoak ? 3000 : 150

const open = (path: string, archiveImage?: string): Promise<ArchiveContents> =>
  openArchive(path, {
    archiveImage,
    temporaryDirectory: () => mkdtemp(join(directory(), 'decompressed-')),
    signal: new AbortController().signal
  })

const layer = fc.oneof(
  fc.constant(Buffer.alloc(1024)),
  fc
    .dictionary(fc.stringMatching(/^[a-z/]{1,20}[a-z]$/), fc.string({ maxLength: 600 }), {
      maxKeys: 3
    })
    .map((files) => ({ ...files }))
)

const image = fc
  .record({
    layers: fc.array(
      fc.tuple(layer, fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const)),
      { maxLength: 5 }
    ),
    architecture: fc.constantFrom('amd64', 'arm64', 's390x'),
    labels: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
    isTwice: fc.boolean()
  })
  .map(({ layers, architecture, labels, isTwice }) => {
    const all = isTwice ? [...layers, ...layers] : layers
    return buildImage({
      layers: all.map(([files]) => files),
      compression: all.map(([, compression]) => compression),
      platform: { os: 'linux', architecture },
      config: { config: { Labels: labels } }
    })
  })

const layout = fc.constantFrom(
  'legacy' as const,
  'docker25' as const,
  'podman' as const,
  'kaniko' as const,
  'jib' as const,
  'bazel' as const,
  'oci' as const,
  'containerd' as const
)

const membersAs = (
  built: TestImage,
  kind: typeof layout extends fc.Arbitrary<infer Kind> ? Kind : never
): TarMember[] =>
  kind === 'oci' || kind === 'containerd'
    ? ociMembers([built], { manifestJson: kind === 'containerd' })
    : dockerMembers([built], kind)

test('reads the config and the layers of any image in any format', async () => {
  await fc.assert(
    fc.asyncProperty(
      image,
      layout,
      fc.constantFrom('none', 'gzip', 'zstd', 'directory'),
      fc.boolean(),
      async (built, kind, outer, isReversed) => {
        const path = join(directory(), 'archive')
        const members = membersAs(built, kind)
        // A link can precede its target, and manifest.json can be the first or the last member.
        if (isReversed) members.reverse()
        if (outer === 'directory' && kind === 'oci') await writeOciDirectory(path, [built])
        else await writeFile(path, compress(tarArchive(members), outer))
        const contents = await open(path)
        const { root } = contents
        if (root.kind === 'stored-index') throw new Error('The root is an index.')
        const config =
          root.kind === 'docker-image'
            ? root.config.bytes
            : await readStoredContent(root.blobs[0]!.content)
        const expected = root.kind === 'docker-image' ? built.diffIds : distinct(built)
        expect(await readDiffIds(root)).toEqual(expected)
        expect(config).toEqual(built.config)
        expect(contents.tags).toEqual(['1'])
        await contents.close()
        await rm(path, { recursive: true })
      }
    ),
    { numRuns: RUNS }
  )
}, 600_000)

const OUTSIDE = 'content of a file outside the archive'
const base = buildImage({ layers: [{ a: 'a' }, Buffer.alloc(1024), { b: 'b' }] })
const multi = buildIndex([base, buildImage({ platform: { os: 'linux', architecture: 'arm64' } })])
const archives: readonly Buffer[] = [
  tarArchive(dockerMembers([base], 'legacy')),
  tarArchive(dockerMembers([base], 'docker25')),
  tarArchive(ociMembers([multi], { manifestJson: true })),
  gzipSync(tarArchive(dockerMembers([base], 'podman'))),
  zstdCompressSync(tarArchive(ociMembers([base])))
]

test('reads or clearly rejects an archive that is damaged anywhere', async () => {
  const damage = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 2000 }),
    kind: fc.constantFrom('flip', 'zero', 'cut', 'remove', 'repeat', 'swap', 'end')
  })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.array(damage, { minLength: 1, maxLength: 4 }),
      async (archive, damages) => {
        await readsOrRejects(damages.reduce(applyDamage, archive))
      }
    ),
    { numRuns: RUNS }
  )
}, 600_000)

test('reads or clearly rejects any header with a valid checksum', async () => {
  const headers = archives.slice(0, 3)
  const field = fc.record({
    member: fc.nat(),
    at: fc.oneof(
      fc.nat({ max: 511 }),
      fc.constantFrom(124, 125, 135, 156, 157, 345, 386, 482, 483)
    ),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc
        .constantFrom('0', '1', '2', '5', 'S', 'L', 'K', 'x', 'g', '7', '\0', '../', '/', '\x80')
        .map((text) => Buffer.from(text, 'latin1'))
    )
  })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...headers),
      fc.array(field, { minLength: 1, maxLength: 3 }),
      async (archive, fields) => {
        const changed = Buffer.from(archive)
        const starts = headerOffsets(archive)
        for (const { member, at, bytes } of fields) {
          const start = starts[member % starts.length]!
          const header = changed.subarray(start, start + 512)
          Buffer.from(bytes).copy(header, at)
          writeChecksum(header)
        }
        await readsOrRejects(changed)
      }
    ),
    { numRuns: RUNS }
  )
}, 600_000)

test('reads or clearly rejects any JSON', async () => {
  const position = fc.array(fc.nat({ max: 20 }), { maxLength: 6 })
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '../../outside',
      '/etc/passwd',
      base.configDigest,
      base.content.digest,
      `sha512:${'0'.repeat(128)}`,
      -1,
      1e300,
      null,
      undefined,
      { __proto__: null, toString: 1 }
    )
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('manifest.json', 'index.json', 'oci-layout', 'manifest', 'config'),
      fc.array(fc.tuple(position, value), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (document, changes, isDirectory) => {
        const change = (bytes: Buffer): Buffer =>
          json(changes.reduce((tree, [at, to]) => replaceAt(tree, at, to), parse(bytes)) ?? null)
        const members = changeDocument(document, change)
        if (isDirectory) await readsDirectoryOrRejects(members)
        else await readsOrRejects(tarArchive(members))
      }
    ),
    { numRuns: RUNS }
  )
}, 600_000)

test('follows any links inside the archive or clearly rejects them', async () => {
  const name = fc.constantFrom('1.tar', 'a', 'b', 'd', 'd/x', 'd/y/z', './a', 'e/')
  const target = fc.constantFrom(
    '1.tar',
    'a',
    'b',
    '../a',
    'd',
    'd/x',
    'x',
    'y/z',
    '../../outside',
    '/outside',
    '.',
    '..',
    ''
  )
  const member = fc.record({
    name,
    linkName: target,
    type: fc.constantFrom('0', '1', '2', '5', '3')
  })
  await fc.assert(
    fc.asyncProperty(fc.array(member, { maxLength: 12 }), async (links) => {
      const rest = dockerMembers([base], 'podman').filter((each) => each.type !== '2')
      const manifest = json([
        { Config: `${base.configDigest.slice(7)}.json`, Layers: ['1.tar', 'a', 'd/x'] }
      ])
      const members = rest.filter((each) => each.name !== 'manifest.json')
      await readsOrRejects(
        tarArchive([...members, ...links, { name: 'manifest.json', body: manifest }])
      )
    }),
    { numRuns: RUNS }
  )
}, 600_000)

/** Opens an archive of any bytes and reads all of it. */
async function readsOrRejects(archive: Buffer): Promise<void> {
  const path = join(directory(), 'archive.tar')
  await writeFile(path, archive)
  await writeFile(join(directory(), 'outside'), OUTSIDE)
  await readAll(path)
}

async function readsDirectoryOrRejects(members: readonly TarMember[]): Promise<void> {
  const path = await mkdtemp(join(directory(), 'layout-'))
  await writeFile(join(directory(), 'outside'), OUTSIDE)
  await symlink('../outside', join(path, 'link'))
  const { mkdir } = await import('node:fs/promises')
  await mkdir(join(path, 'blobs/sha256'), { recursive: true })
  for (const { name, body } of members) await writeFile(join(path, name), body ?? '')
  await readAll(path)
}

async function readAll(path: string): Promise<void> {
  for (const archiveImage of [undefined, '#0', base.configDigest]) {
    try {
      const contents = await open(path, archiveImage)
      try {
        for (const content of contentsOf(contents.root)) {
          for await (const chunk of content.read()) {
            expect(chunk.length).toBeLessThanOrEqual(2 ** 20)
            expect(chunk.includes(OUTSIDE)).toBe(false)
          }
        }
      } finally {
        await contents.close()
      }
    } catch (error) {
      if (!(error instanceof ActionError)) throw error
      expect(error.message).not.toContain(OUTSIDE)
    }
  }
}

function contentsOf(root: ArchiveContents['root']): StoredContent[] {
  if (root.kind === 'stored-index') return root.children.flatMap(contentsOf)
  if (root.kind === 'stored-manifest') return root.blobs.map((blob) => blob.content)
  return root.layers.flatMap((each) => (each.kind === 'layer-file' ? each.content : []))
}

function distinct(built: TestImage): string[] {
  const byDigest = new Map(built.layers.map((each) => [each.digest, each.diffId]))
  return [...byDigest.values()]
}

function compress(tar: Buffer, outer: string): Buffer {
  if (outer === 'gzip') return gzipSync(tar)
  return outer === 'zstd' ? zstdCompressSync(tar) : tar
}

interface Damage {
  readonly at: number
  readonly length: number
  readonly kind: string
}

function applyDamage(archive: Buffer, { at, length, kind }: Damage): Buffer {
  const start = at % Math.max(1, archive.length)
  const end = Math.min(archive.length, start + length)
  const [before, inside, after] = [
    archive.subarray(0, start),
    archive.subarray(start, end),
    archive.subarray(end)
  ]
  if (kind === 'cut') return before
  if (kind === 'remove') return Buffer.concat([before, after])
  if (kind === 'repeat') return Buffer.concat([before, inside, inside, after])
  if (kind === 'swap') return Buffer.concat([after, inside, before])
  if (kind === 'end') return Buffer.concat([archive, inside])
  const changed = kind === 'zero' ? Buffer.alloc(inside.length) : inside.map((byte) => byte ^ 0x41)
  return Buffer.concat([before, changed, after])
}

function headerOffsets(archive: Buffer): number[] {
  const offsets: number[] = []
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    offsets.push(at)
    const size = parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    at += 512 + Math.ceil(size / 512) * 512
  }
  return offsets
}

function parse(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString())
}

/** Replaces the node at a path of member positions. */
function replaceAt(tree: unknown, position: readonly number[], value: unknown): unknown {
  const [first, ...rest] = position
  if (first === undefined || typeof tree !== 'object' || tree === null) return value
  const keys = Object.keys(tree)
  if (keys.length === 0) return value
  const key = keys[first % keys.length]!
  const changed = replaceAt((tree as Record<string, unknown>)[key], rest, value)
  if (Array.isArray(tree)) {
    return tree.map((item: unknown, at) => (String(at) === key ? changed : item))
  }
  return { ...tree, [key]: changed }
}

function changeDocument(document: string, change: (bytes: Buffer) => Buffer): TarMember[] {
  const changed: TestImage | TestIndex =
    document === 'manifest'
      ? { ...base, content: buildBlob(change(base.content.bytes), base.content.mediaType) }
      : base
  const members = ociMembers([changed], { manifestJson: true })
  return members.map((member) => {
    const isConfig = document === 'config' && member.name === blobName(base.configDigest)
    if (member.name !== document && !isConfig) return member
    return { ...member, body: change(Buffer.from(member.body ?? '')) }
  })
}

test('finds the headers of all members by their sizes', () => {
  expect(headerOffsets(archives[0]!)).toHaveLength(dockerMembers([base], 'legacy').length)
  expect(tarMember({ name: 'a', body: Buffer.alloc(513) })).toHaveLength(512 * 3)
})
