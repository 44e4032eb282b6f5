import fc from 'fast-check'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { ArchiveContents, StoredContent } from '../../../src/image-archive/contents.js'
import { splitZstdFrames } from '../../../src/image-archive/compression/zstd-frames.js'
import {
  blobName,
  buildBlob,
  buildImage,
  buildIndex,
  dockerMembers,
  ociMembers
} from '../../helpers/archives.js'
import { openArchive } from '../../helpers/read-archive.js'
import { tarArchive, writeChecksum } from '../../helpers/tar-writer.js'
import type { TarMember } from '../../helpers/tar-writer.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { damagedBytes, damagedJson } from './mutations.js'

tellFuzzCounts('archives')

const OUTSIDE = 'what lies outside of the archive'
const RUNS = { small: 100, soak: 2500 }

const image = buildImage({ layers: [{ a: 'a' }, Buffer.alloc(1024), { b: 'b' }] })
const index = buildIndex([image, buildImage({ platform: { os: 'linux', architecture: 'arm64' } })])
const tars = [
  tarArchive(dockerMembers([image], 'legacy')),
  tarArchive(dockerMembers([image], 'docker25')),
  tarArchive(dockerMembers([image], 'podman')),
  tarArchive(ociMembers([index], { manifestJson: true }))
]

let directory: string
/** The only files that may be in the directory. */
const OWN = ['archive', 'layout', 'outside', 'temporary']

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-archives-'))
  await writeFile(join(directory, 'outside'), OUTSIDE)
  await mkdir(join(directory, 'temporary'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

test(
  'a tar that is damaged anywhere is read or refused with words',
  async () => {
    await tryHostile('damaged tar', damagedBytes(tars), RUNS, readArchive)
    await tryHostile('damaged headers', damagedHeaders(tars), RUNS, readArchive)
  },
  FUZZ_TIMEOUT_MS
)

test(
  'a compressed archive that is damaged anywhere is read or refused with words',
  async () => {
    const packed = tars.flatMap((tar) => [
      gzipSync(tar),
      zstdCompressSync(tar),
      Buffer.concat([gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))]),
      Buffer.concat([zstdCompressSync(tar.subarray(0, 1000)), zstdCompressSync(tar.subarray(1000))])
    ])
    await tryHostile('damaged gzip or zstd', damagedBytes(packed), RUNS, readArchive)
    const twice = damagedHeaders(tars).map((tar) => gzipSync(tar))
    await tryHostile('damaged headers within gzip', twice, { small: 30, soak: 1000 }, readArchive)
    await tryHostile('zstd frames', damagedBytes(packed), RUNS, async (bytes) => {
      let total = 0
      for await (const chunk of splitZstdFrames(chunksOf(bytes))) total += chunk.length
      expect(total).toBe(bytes.length)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'an archive with arbitrary JSON is read or rejected with a clear error',
  async () => {
    const documents = ['index.json', 'oci-layout', 'manifest.json', 'manifest', 'config'] as const
    const changed = fc
      .constantFrom(...documents)
      .chain((name) => damagedJson([documentOf(name)]).map((text) => withDocument(name, text)))
    await tryHostile('damaged JSON', changed, RUNS, (members) => readArchive(tarArchive(members)))
    await tryHostile('damaged JSON of a layout', changed, RUNS, readLayout)
  },
  FUZZ_TIMEOUT_MS
)

async function readArchive(bytes: Uint8Array): Promise<void> {
  const path = join(directory, 'archive')
  await writeFile(path, bytes)
  await readAll(path)
}

async function readLayout(members: readonly TarMember[]): Promise<void> {
  const path = join(directory, 'layout')
  await rm(path, { recursive: true, force: true })
  for (const { name, body } of members) {
    if (name.endsWith('/')) continue
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), body ?? '')
  }
  await symlink('../outside', join(path, 'link'))
  await readAll(path)
}

/** Opens an arbitrary file as an archive, reads it completely and checks the files that remain. */
async function readAll(path: string): Promise<void> {
  try {
    const contents = await openArchive(path, {
      temporaryDirectory: () => Promise.resolve(join(directory, 'temporary')),
      signal: new AbortController().signal
    })
    try {
      for (const content of contentsOf(contents.root)) await readContent(content)
    } finally {
      await contents.close()
    }
  } finally {
    expect(OWN).toEqual(expect.arrayContaining(await readdir(directory)))
    expect(await readdir(join(directory, 'temporary'))).toEqual([])
  }
}

async function readContent(content: StoredContent): Promise<void> {
  let total = 0
  for await (const chunk of content.read()) {
    expect(chunk.length).toBeLessThanOrEqual(2 ** 20)
    expect(chunk.includes(OUTSIDE)).toBe(false)
    total += chunk.length
    // A sparse member may represent gigabytes of zeros, so only its start is compared.
    if (total > 2 ** 24) return
  }
}

function contentsOf(root: ArchiveContents['root']): StoredContent[] {
  if (root.kind === 'stored-index') return root.children.flatMap(contentsOf)
  if (root.kind === 'stored-manifest') return root.blobs.map((blob) => blob.content)
  return root.layers.flatMap((each) => (each.kind === 'layer-file' ? each.content : []))
}

/** Tar archives with changed headers and correct checksums, so that the headers are accepted. */
function damagedHeaders(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const field = fc.record({
    member: fc.nat(),
    at: fc.oneof(
      fc.nat({ max: 511 }),
      fc.constantFrom(0, 100, 124, 135, 156, 157, 257, 345, 386, 482, 483)
    ),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.constantFrom(...HEADER_TEXTS.map((text) => Buffer.from(text, 'latin1')))
    )
  })
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(field, { minLength: 1, maxLength: 4 }))
    .map(([sample, fields]) => {
      const tar = Buffer.from(sample)
      const starts = headerOffsets(sample)
      for (const { member, at, bytes } of fields) {
        const start = starts[member % starts.length] ?? 0
        const header = tar.subarray(start, start + 512)
        Buffer.from(bytes).copy(header, at)
        writeChecksum(header)
      }
      return tar
    })
}

/** Types of members, sizes and names that readers stumble over. */
const HEADER_TEXTS = [
  ...Array.from('0123567SLKxgDMNVX\0'),
  '../outside\0',
  '/etc/passwd\0',
  'manifest.json\0',
  '77777777777\0',
  '00000000000\0',
  '\x80\0\0\0\0\0\0\x7f\xff\xff\xff\xff',
  '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'
]

function headerOffsets(tar: Buffer): number[] {
  const offsets: number[] = []
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    offsets.push(at)
    at += 512 + Math.ceil(parseInt(tar.toString('latin1', at + 124, at + 135), 8) / 512) * 512
  }
  return offsets
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 97)
    yield await Promise.resolve(bytes.subarray(at, at + 97))
}

type Document = 'index.json' | 'oci-layout' | 'manifest.json' | 'manifest' | 'config'

function documentOf(name: Document): unknown {
  if (name === 'manifest') return JSON.parse(image.content.bytes.toString())
  const file = name === 'config' ? blobName(image.configDigest) : name
  const member = ociMembers([image], { manifestJson: true }).find((each) => each.name === file)
  return JSON.parse(Buffer.from(member?.body ?? '').toString())
}

/** The members of an OCI layout with one document replaced; what names a manifest by its digest still does. */
function withDocument(name: Document, text: string): TarMember[] {
  const bytes = Buffer.from(text)
  const changed =
    name === 'manifest' ? { ...image, content: buildBlob(bytes, image.content.mediaType) } : image
  const file = name === 'config' ? blobName(image.configDigest) : name
  return ociMembers([changed], { manifestJson: true }).map((member) =>
    member.name === file ? { ...member, body: bytes } : member
  )
}
