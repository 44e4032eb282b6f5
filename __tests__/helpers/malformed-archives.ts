import { execFile } from 'node:child_process'
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import {
  blobName,
  buildBlob,
  buildImage,
  buildIndex,
  descriptorOf,
  dockerMembers,
  file,
  json,
  ociMembers,
  writeOciDirectory
} from './archives.js'
import type { TestBlob, TestImage, TestIndex } from './archives.js'
import { base256, tarArchive, tarMember, tarOfFiles } from './tar-writer.js'
import type { TarMember } from './tar-writer.js'

/** An archive that must not be pushed. */
export interface MalformedArchive {
  readonly name: string
  /** Writes it into the directory and gives its path. */
  readonly build: (directory: string) => Promise<string>
  /** What the one line of error says. */
  readonly message: RegExp
  /** Only the bytes of a layer are wrong, which shows when they are read on their way to the registry. */
  readonly foundWhile?: 'pushing'
}

const image = buildImage()
const other = buildImage({ layers: [{ other: 'other' }], tags: ['ex.com/other:2'] })
const legacy = dockerMembers([image], 'legacy')
const [layer1, layer2] = [image.layers[0]!, image.layers[1]!]

/** Files of an archive, as they are written over others of the same name; `undefined` takes one away. */
type Files = Readonly<Record<string, Uint8Array | undefined>>

const MANIFEST = { Config: 'c.json', RepoTags: ['ex.com/app:1'], Layers: ['1.tar', '2.tar'] }
const DOCKER_FILES: Files = {
  'c.json': image.config,
  '1.tar': layer1.tar,
  '2.tar': layer2.tar,
  'manifest.json': json([MANIFEST])
}
const OCI_FILES: Files = Object.fromEntries(
  ociMembers([image]).map((member) => [member.name, member.body])
)

/** Archives that are wrong in one way each; every one must end in one clear error and push nothing. */
export const malformedArchives: readonly MalformedArchive[] = [
  ...paths(),
  ...tarStructure(),
  ...sparseMembers(),
  ...compressed(),
  ...dockerFiles(),
  ...links(),
  ...ociFiles(),
  ...ociGraphs(),
  ...directories(),
  ...wrongBytes()
]

function paths(): MalformedArchive[] {
  return [
    {
      name: 'a path that names nothing',
      build: (directory) => Promise.resolve(join(directory, 'nothing.tar')),
      message: /Cannot read a file – ".*nothing\.tar" – there is no such file/
    },
    {
      name: 'a path below a file',
      build: async (directory) => join(await write(directory, Buffer.from('x')), 'below.tar'),
      message: /Cannot read a file – .*below\.tar" – a part of its path is no directory/
    },
    {
      name: 'a FIFO',
      build: async (directory) => {
        const path = join(directory, 'fifo')
        await promisify(execFile)('mkfifo', [path])
        return path
      },
      message: /names a FIFO – .* – save the archive to a file first/
    },
    {
      name: 'a device',
      build: () => Promise.resolve('/dev/zero'),
      message: /names a device – "\/dev\/zero"/
    },
    {
      name: 'a link to itself',
      build: async (directory) => {
        const path = join(directory, 'loop.tar')
        await symlink(path, path)
        return path
      },
      message: /Cannot read a file – .* – its links go round in a circle/
    }
  ]
}

function tarStructure(): MalformedArchive[] {
  const whole = tarArchive(legacy)
  const at = legacy.findIndex((member) => member.name.endsWith('layer.tar'))
  const inLayer = tarArchive(legacy.slice(0, at), { end: false }).length + 900
  return [
    bytes('an empty file', Buffer.alloc(0), /There is no image in the archive: it is empty/),
    bytes('zeros only', Buffer.alloc(10_240), /There is no image in the archive: it is empty/),
    bytes('text', Buffer.from('not a tar\n'.repeat(200)), /is no tar archive/),
    bytes(
      'a file shorter than a header',
      Buffer.from('tiny'),
      /ends early, at byte 4 inside a header/
    ),
    bytes(
      'an archive cut inside a layer',
      whole.subarray(0, inLayer),
      /ends early, at byte \d+ inside – ".*" – write or download/
    ),
    bytes(
      'an archive cut inside a header',
      tarArchive(legacy, { end: false }).subarray(0, tarMember(legacy[0]!).length + 100),
      /ends early, at byte \d+ inside a header after – ".+"/
    ),
    bytes(
      'an archive cut between two members',
      tarMember(legacy[0]!),
      /no image in the archive: .* – the archive has no end mark: it may have been cut short/
    ),
    members(
      'a header with a wrong checksum',
      [...legacy.slice(0, 2), { ...legacy[2]!, badChecksum: true }],
      /damaged at byte \d+, where a tar header should be, after – ".+"/
    ),
    bytes(
      'garbage between members',
      Buffer.concat([tarMember(legacy[0]!), Buffer.alloc(512, 0x55), tarArchive(legacy.slice(1))]),
      /is damaged at byte \d+/
    ),
    members(
      'a size beyond the end of the file',
      [{ name: '1.tar', body: Buffer.alloc(10), size: 1_000_000 }],
      /ends early, at byte \d+ inside – "1\.tar"/
    ),
    members(
      'a size of 2^62 bytes',
      [{ name: '1.tar', rawSize: base256(1n << 62n) }],
      /is no tar archive/
    ),
    members(
      'a size of 2^52 bytes',
      [{ name: '1.tar', rawSize: base256(1n << 52n) }],
      /ends early, at byte \d+ inside – "1\.tar"/
    ),
    members(
      'a negative size',
      [{ name: '1.tar', rawSize: Buffer.alloc(12, 0xff) }],
      /is no tar archive/
    ),
    members(
      'a size that is no number',
      [file('0', Buffer.alloc(1)), { name: '1.tar', rawSize: Buffer.from('9'.repeat(11)) }],
      /is damaged at byte 1024/
    ),
    members(
      'a pax size that is no number',
      [{ name: '1.tar', body: Buffer.alloc(9), pax: [['size', '-1']] }],
      /gives 1\.tar a size that is no number of bytes – "-1"/
    ),
    members(
      'a pax size beyond the end of the file',
      [{ name: '1.tar', body: Buffer.alloc(9), pax: [['size', '999999999']] }],
      /ends early/
    ),
    members(
      'a pax header whose lengths do not fit',
      [{ name: 'x', type: 'x', body: Buffer.from('99 path=a\n') }, file('1.tar', Buffer.alloc(1))],
      /malformed pax header at byte 0/
    ),
    members(
      'a pax header without a keyword',
      [{ name: 'x', type: 'x', body: Buffer.from('8 path\n\n') }],
      /malformed pax header/
    ),
    members(
      'a long name of many megabytes',
      [{ name: '././@LongLink', type: 'L', body: Buffer.alloc(9 * 1024 ** 2, 0x61) }],
      /extension headers .* are too large/
    ),
    members(
      'more extension headers than a member can have',
      Array.from({ length: 20 }, () => ({ name: 'L', type: 'L', body: Buffer.from('name\0') })),
      /extension headers .* are too large/
    ),
    {
      name: 'too many members',
      build: (directory) => write(directory, Buffer.alloc(100_001 * 512, tarMember({ name: 'a' }))),
      message: /holds too many files to be an image archive – at most 100000/
    }
  ]
}

function sparseMembers(): MalformedArchive[] {
  const message = /has a sparse member whose map cannot be right, at byte \d+ – "1\.tar"/
  const sparse = (
    name: string,
    records: readonly (readonly [string, string])[],
    body: Buffer
  ): MalformedArchive => members(name, [{ name: '1.tar', body, pax: records }], message)
  const version: (readonly [string, string])[] = [
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.minor', '0'],
    ['GNU.sparse.name', '1.tar']
  ]
  return [
    sparse(
      'a sparse map of more than is stored',
      [
        ['GNU.sparse.size', '4096'],
        ['GNU.sparse.map', '0,1024']
      ],
      Buffer.alloc(512)
    ),
    sparse(
      'a sparse map out of order',
      [
        ['GNU.sparse.size', '4096'],
        ['GNU.sparse.map', '1024,256,0,256']
      ],
      Buffer.alloc(512)
    ),
    sparse(
      'a sparse map beyond its size',
      [
        ['GNU.sparse.size', '100'],
        ['GNU.sparse.map', '0,512']
      ],
      Buffer.alloc(512)
    ),
    sparse(
      'a sparse map that is no list of pairs',
      [
        ['GNU.sparse.size', '4096'],
        ['GNU.sparse.map', '0,512,x']
      ],
      Buffer.alloc(512)
    ),
    sparse(
      'a sparse size of petabytes',
      [
        ['GNU.sparse.size', '9000000000000000'],
        ['GNU.sparse.map', '0,512']
      ],
      Buffer.alloc(512)
    ),
    sparse(
      'a sparse map in the data that is not whole',
      [...version, ['GNU.sparse.realsize', '4096']],
      Buffer.from('7\n0\n512\n')
    ),
    sparse(
      'a sparse map in the data of billions of parts',
      [...version, ['GNU.sparse.realsize', '4096']],
      Buffer.from('9999999999\n0\n512\n')
    ),
    sparse('a sparse map in the data without a size', version, Buffer.from('0\n')),
    bytes(
      'an old GNU sparse member whose map goes on beyond the file',
      tarMember({
        name: '1.tar',
        type: 'S',
        format: 'gnu',
        patch: (header) => {
          header[482] = 1
          header.write('00000001000\0', 483, 'latin1')
        }
      }),
      message
    ),
    members(
      'sparse members of terabytes together',
      Array.from({ length: 20 }, () => ({
        name: '1.tar',
        body: Buffer.alloc(512),
        pax: [
          ['GNU.sparse.size', String(60 * 1024 ** 3)],
          ['GNU.sparse.map', '0,512']
        ] as const
      })),
      message
    ),
    members(
      'a sparse member of a form that is not read',
      [
        { name: '1.tar', body: layer1.tar, pax: [['SCHILY.realsize', '99999']] },
        ...membersOf({ ...DOCKER_FILES, '1.tar': undefined })
      ],
      /has no regular file where one is needed – "1\.tar" – it is of a special kind/
    )
  ]
}

function compressed(): MalformedArchive[] {
  const whole = tarArchive(legacy)
  const magic = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(600)])
  const gzip = gzipSync(whole)
  const zstd = zstdCompressSync(whole)
  const damaged = Buffer.from(gzip)
  damaged.fill(0x55, 40, 80)
  return [
    bytes(
      'an archive in xz',
      magic('fd377a585a00'),
      /compressed with xz, which is not read here – .* – unpack it first: xz -d /
    ),
    bytes(
      'an archive in bzip2',
      magic('425a6839314159265359'),
      /compressed with bzip2, .* bzip2 -d /
    ),
    bytes('an archive in lz4', magic('04224d18'), /compressed with lz4, .* lz4 -d /),
    bytes('a zip file', magic('504b0304'), /compressed with zip, .* unzip /),
    bytes(
      'gzip data that end early',
      gzip.subarray(0, gzip.length - 100),
      /gzip data of the file end early, at byte \d+/
    ),
    bytes('gzip data that are damaged', damaged, /gzip data of the file are damaged/),
    bytes(
      'zstd data that end early',
      zstd.subarray(0, zstd.length - 50),
      /zstd data of the file end early/
    ),
    bytes(
      'zstd data that are damaged',
      Buffer.concat([zstd.subarray(0, 8), Buffer.alloc(300, 0x55)]),
      /zstd data of the file are damaged/
    ),
    bytes(
      'zstd data that look back over 2 GiB',
      Buffer.concat([Buffer.from('28b52ffd00a8011000', 'hex'), Buffer.alloc(512)]),
      /take more memory to unpack than is given to them here .* – unpack it first: zstd -d --long=31/
    ),
    bytes(
      'gzip of what is no archive',
      gzipSync(Buffer.alloc(50 * 1024 ** 2)),
      /compressed with gzip, but holds no tar archive/
    ),
    bytes('gzip of nothing', gzipSync(Buffer.alloc(0)), /no image in the archive: it is empty/),
    bytes('gzip in gzip', gzipSync(gzip), /compressed with gzip, but holds no tar archive/),
    bytes('gzip of a cut archive', gzipSync(whole.subarray(0, 1500)), /ends early, at byte 1500/)
  ]
}

function dockerFiles(): MalformedArchive[] {
  const entry = (changes: object): Files => ({
    'manifest.json': json([{ ...MANIFEST, ...changes }])
  })
  const config = (value: unknown): Files => ({ 'c.json': json(value) })
  const deep = Buffer.from(`[{"Config":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`)
  return [
    docker(
      'a root file system',
      { 'manifest.json': undefined, 'etc/passwd': Buffer.from('root') },
      /no image in the archive: .* – it looks like a root file system/
    ),
    docker(
      'an archive of a Docker older than 1.10',
      { 'manifest.json': undefined, repositories: json({}) },
      /no image in the archive: .* – it is of a Docker older than 1\.10/
    ),
    members(
      'an image in a directory of the archive',
      legacy.map((each) => ({ ...each, name: `app/${each.name}` })),
      /it has the image in a directory/
    ),
    docker(
      'a manifest.json that is not JSON',
      { 'manifest.json': Buffer.from('[{') },
      /manifest\.json is not JSON/
    ),
    docker(
      'a manifest.json that is not UTF-8',
      { 'manifest.json': Buffer.from([0x5b, 0xff, 0x5d]) },
      /manifest\.json is not JSON/
    ),
    docker(
      'a manifest.json that lists nothing',
      { 'manifest.json': json([]) },
      /manifest\.json lists no images/
    ),
    docker(
      'a manifest.json of skopeo dir:',
      { 'manifest.json': image.content.bytes },
      /manifest\.json lists no images .* write oci: instead of dir:/
    ),
    docker(
      'a manifest.json of more than 4 MiB',
      { 'manifest.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /manifest\.json is too large: 5242880 bytes – at most 4194304/
    ),
    docker(
      'an entry that is no object',
      { 'manifest.json': json([7]) },
      /manifest\.json, entry 0 is no JSON object/
    ),
    docker(
      'an entry without a config',
      entry({ Config: undefined }),
      /manifest\.json, entry 0 names no config/
    ),
    docker('a config of many nested lists', { 'manifest.json': deep }, /entry 0 names no config/),
    docker(
      'layers that are no list',
      entry({ Layers: '1.tar' }),
      /entry 0, Layers is no list of strings/
    ),
    docker(
      'tags that are no list',
      entry({ RepoTags: { app: 1 } }),
      /entry 0, RepoTags is no list of strings/
    ),
    docker(
      'a layer that is named by an absolute path',
      entry({ Layers: ['/etc/passwd', '2.tar'] }),
      /names a file outside of the archive – "\/etc\/passwd"/
    ),
    docker(
      'a layer that is named through ..',
      entry({ Layers: ['../../etc/passwd', '2.tar'] }),
      /names a file outside of the archive – "\.\.\/\.\.\/etc\/passwd"/
    ),
    docker(
      'a layer that is named through \\..\\',
      entry({ Layers: ['a\\..\\..\\b', '2.tar'] }),
      /names a file outside of the archive/
    ),
    docker(
      'a config that is named through ..',
      entry({ Config: '../c.json' }),
      /names a file outside of the archive/
    ),
    docker(
      'a layer of a name with a NUL',
      entry({ Layers: ['1.tar\0', '2.tar'] }),
      /names a file outside of the archive/
    ),
    docker(
      'a config of a name of a megabyte',
      entry({ Config: 'c'.repeat(1024 ** 2) }),
      /^.{0,500} names a file outside of the archive – "c{200}…" – a path of at most 4096 characters/
    ),
    docker(
      'a config that is missing',
      { 'c.json': undefined },
      /misses a file that manifest\.json names – "c\.json"/
    ),
    docker(
      'a layer that is missing',
      { '2.tar': undefined },
      /misses a file that manifest\.json names – "2\.tar"/
    ),
    docker(
      'a config that is not JSON',
      { 'c.json': Buffer.from('{"rootfs') },
      /c\.json is not JSON/
    ),
    docker('a config that is a list', config([]), /c\.json is no JSON object – "a list"/),
    docker(
      'a config without diff IDs',
      config({ rootfs: {} }),
      /c\.json is no image config – JSON with rootfs\.diff_ids/
    ),
    docker(
      'a config whose diff IDs are no digests',
      config({ rootfs: { diff_ids: ['sha256:0', 1] } }),
      /c\.json, rootfs\.diff_ids\[0\] is no digest – "sha256:0"/
    ),
    docker(
      'a config of sha512 diff IDs',
      config({ rootfs: { diff_ids: [`sha512:${'0'.repeat(128)}`] } }),
      /diff_ids\[0\] is no digest/
    ),
    docker(
      'a config of more than 4 MiB',
      { 'c.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /c\.json is too large/
    ),
    docker(
      'fewer layers than diff IDs',
      entry({ Layers: ['1.tar'] }),
      /lists 1 layers, but c\.json has – "2 rootfs\.diff_ids"/
    ),
    docker(
      'more layers than diff IDs',
      entry({ Layers: ['1.tar', '2.tar', '1.tar'] }),
      /lists 3 layers, but c\.json has – "2 rootfs\.diff_ids"/
    ),
    docker(
      'a layer in xz',
      { '1.tar': Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(99)]) },
      /A layer is compressed with xz – "1\.tar"/
    ),
    docker(
      'a layer without a file and without urls',
      {
        ...entry({
          LayerSources: {
            [layer1.diffId]: {
              mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
              digest: layer1.digest,
              size: 9
            }
          }
        }),
        '1.tar': undefined
      },
      /misses a file that manifest\.json names – "1\.tar"/
    ),
    docker(
      'a foreign layer whose descriptor is none',
      {
        ...entry({ LayerSources: { [layer1.diffId]: { urls: ['https://example.com'] } } }),
        '1.tar': undefined
      },
      /LayerSources.* has a digest that cannot be used/
    ),
    {
      name: 'a compressed layer beyond the quota',
      build: (directory) => writeHuge(directory),
      message:
        /A layer is larger than ECR Public takes: 10485760512 bytes – "1\.tar" – at most 10000 MiB/
    },
    members(
      'several images and no choice',
      dockerMembers([image, other], 'legacy'),
      /holds 2 images – #0 ex\.com\/app:1, #1 ex\.com\/other:2 – choose one with the input "archive-image"/
    )
  ]
}

function links(): MalformedArchive[] {
  const link = (name: string, linkName: string, type = '2'): TarMember => ({ name, linkName, type })
  const with1 = (name: string, added: readonly TarMember[], message: RegExp): MalformedArchive =>
    members(name, [...added, ...membersOf({ ...DOCKER_FILES, '1.tar': undefined })], message)
  const chain = Array.from({ length: 60 }, (_, at) => link(`l${at}`, `l${at + 1}`))
  return [
    with1(
      'a symbolic link to itself',
      [link('1.tar', '1.tar')],
      /has a link that goes round in a circle – "1\.tar"/
    ),
    with1(
      'links in a circle',
      [link('1.tar', 'a'), link('a', 'b'), link('b', '1.tar')],
      /goes round in a circle/
    ),
    with1(
      'hard links in a circle',
      [link('1.tar', 'a', '1'), link('a', '1.tar', '1')],
      /goes round in a circle/
    ),
    with1(
      'directories that are links in a circle',
      [link('1.tar', 'd/x'), link('d', 'd/y')],
      /goes round in a circle|goes through too many/
    ),
    with1(
      'a chain of sixty links',
      [link('1.tar', 'l0'), ...chain, file('l60', layer1.tar)],
      /goes through too many others/
    ),
    with1(
      'a symbolic link to an absolute path',
      [link('1.tar', '/etc/passwd')],
      /leads out of the archive: \/etc\/passwd – "1\.tar"/
    ),
    with1(
      'a symbolic link out of the archive',
      [link('1.tar', '../../../etc/passwd')],
      /leads out of the archive/
    ),
    with1(
      'a hard link out of the archive',
      [link('1.tar', '../etc/passwd', '1')],
      /leads out of the archive/
    ),
    with1(
      'a link to nothing',
      [link('1.tar', 'nothing')],
      /names nothing in the archive: nothing – "1\.tar"/
    ),
    with1(
      'a link to a directory',
      [link('1.tar', 'd'), { name: 'd/', type: '5' }],
      /no regular file where one is needed – "d" – it is a directory/
    ),
    with1(
      'a layer that is a device',
      [{ name: '1.tar', type: '3' }],
      /no regular file .* special kind/
    ),
    with1(
      'a layer that is a FIFO',
      [{ name: '1.tar', type: '6' }],
      /no regular file .* special kind/
    ),
    with1(
      'two layers of one name',
      [file('1.tar', layer1.tar), file('./1.tar', layer2.tar)],
      /holds two different files of one name – "1\.tar"/
    ),
    with1(
      'a link and a file of one name',
      [file('1.tar', layer1.tar), link('1.tar', '2.tar')],
      /holds two different files of one name/
    ),
    members(
      'two files manifest.json',
      [...legacy, file('manifest.json', json([]))],
      /two different files of one name – "manifest\.json"/
    )
  ]
}

function ociFiles(): MalformedArchive[] {
  const index = (changes: object): Files => ({
    'index.json': json({ schemaVersion: 2, manifests: [descriptorOf(image.content)], ...changes })
  })
  const first = (changes: object): Files =>
    index({ manifests: [{ ...descriptorOf(image.content), ...changes }] })
  return [
    oci(
      'a layout of another version',
      { 'oci-layout': json({ imageLayoutVersion: '2.0.0' }) },
      /oci-layout has a version that is not understood – "2\.0\.0"/
    ),
    oci(
      'an oci-layout that is not JSON',
      { 'oci-layout': Buffer.from('1.0.0') },
      /oci-layout is not JSON/
    ),
    oci(
      'an index.json that is not JSON',
      { 'index.json': Buffer.from('{') },
      /index\.json is not JSON/
    ),
    oci(
      'an index.json of schema 1',
      index({ schemaVersion: 1 }),
      /index\.json is no image manifest or index/
    ),
    oci(
      'an index.json with a hostile schemaVersion',
      index({ schemaVersion: { toString: 1 } }),
      /index\.json is no image manifest or index/
    ),
    oci(
      'an index.json that lists nothing',
      index({ manifests: [] }),
      /index\.json lists no images/
    ),
    oci(
      'an index.json without manifests',
      index({ manifests: undefined }),
      /index\.json lists no images/
    ),
    oci(
      'an index.json whose manifests are no list',
      index({ manifests: {} }),
      /index\.json, manifests is no list of descriptors/
    ),
    oci(
      'an index.json of more than 4 MiB',
      { 'index.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /index\.json is too large/
    ),
    oci(
      'a descriptor that is no object',
      index({ manifests: ['sha256:1'] }),
      /manifests\[0\] is no JSON object/
    ),
    oci(
      'a digest of sha512',
      first({ digest: `sha512:${'0'.repeat(128)}` }),
      /manifests\[0\] has a digest that cannot be used – "sha512:0/
    ),
    oci(
      'a digest that is a path',
      first({ digest: 'sha256:../../../etc/passwd' }),
      /has a digest that cannot be used/
    ),
    oci(
      'a size in a descriptor that is no number',
      first({ size: '12' }),
      /manifests\[0\] has no size in bytes/
    ),
    oci('a negative size in a descriptor', first({ size: -1 }), /has no size in bytes/),
    oci('a media type that is no text', first({ mediaType: null }), /has no media type/),
    oci(
      'only entries that are no images',
      first({ mediaType: 'text/plain' }),
      /index\.json lists no images/
    ),
    oci(
      'a manifest that is missing',
      { [blobName(image.content.digest)]: undefined },
      /does not hold all of the image; missing, among others – "sha256:/
    ),
    oci(
      'a config that is missing in an OCI layout',
      { [blobName(image.configDigest)]: undefined },
      /does not hold all of the image/
    ),
    oci(
      'a layer that is missing in an OCI layout',
      { [blobName(layer1.digest)]: undefined },
      /does not hold all of the image; .*write or download/
    ),
    oci(
      'a manifest of another size',
      { [blobName(image.content.digest)]: Buffer.concat([image.content.bytes, Buffer.from(' ')]) },
      /a blob of \d+ bytes where \d+ were announced/
    ),
    oci(
      'a layer of another size',
      { [blobName(layer1.digest)]: layer1.blob.subarray(1) },
      /a blob of \d+ bytes where \d+ were announced – "blobs\/sha256\//
    ),
    oci(
      'a manifest of other bytes',
      {
        [blobName(image.content.digest)]: Buffer.from(
          image.content.bytes.toString().replace('"layers"', '"Layers"')
        )
      },
      /is damaged: its bytes hash to another digest than its name/
    ),
    oci(
      'a config of other bytes',
      {
        [blobName(image.configDigest)]: Buffer.from(
          image.config.toString().replace('linux', 'LINUX')
        )
      },
      /is damaged: its bytes hash to another digest/
    ),
    oci(
      'a blob that is a directory',
      { [blobName(layer1.digest)]: undefined, [`${blobName(layer1.digest)}/x`]: Buffer.from('x') },
      /does not hold all of the image/
    )
  ]
}

function ociGraphs(): MalformedArchive[] {
  const manifest = (changes: Readonly<Record<string, unknown>>): TestImage =>
    buildImage({ manifest: changes })
  const childless = buildIndex([], { index: { manifests: undefined } })
  const empty = buildIndex([])
  const both = buildIndex([image], { index: { layers: [], config: {} } })
  const arm = buildImage({
    layers: [{ arm: '' }],
    platform: { os: 'linux', architecture: 'arm64' }
  })
  const s390x = buildImage({
    layers: [{ z: 'z' }],
    platform: { os: 'linux', architecture: 's390x' }
  })
  const partial = buildIndex([image, arm, s390x])
  const sha512 = {
    mediaType: MEDIA_TYPES.ociLayerGzip,
    digest: `sha512:${'a'.repeat(128)}`,
    size: 1
  }
  const zero = buildBlob(Buffer.alloc(0), MEDIA_TYPES.ociLayerGzip)
  return [
    graph('an index without manifests', childless, /is an index without images/),
    graph('an empty index', empty, /is an index without images/),
    graph(
      'a document that is manifest and index at once',
      both,
      /is not what it is listed as – "a manifest and an index at once"/
    ),
    graph(
      'a manifest that is listed as an index',
      { ...image, content: { ...image.content, mediaType: MEDIA_TYPES.ociIndex } },
      /is not what it is listed as/
    ),
    graph('indexes in each other, nine deep', nest(image, 10), /an index of too many manifests/),
    graph(
      'a manifest of more than 4 MiB',
      manifest({ padding: 'x'.repeat(4_194_304) }),
      /is too large: \d+ bytes – at most 4194304/
    ),
    graph(
      'a manifest without a config',
      manifest({ config: undefined }),
      /config is no JSON object/
    ),
    graph(
      'a manifest whose layers are no list',
      manifest({ layers: 'none' }),
      /layers is no list of descriptors/
    ),
    graph(
      'a layer of a sha512 digest',
      manifest({ layers: [sha512] }),
      /layers\[0\] has a digest that cannot be used/
    ),
    graph(
      'a layer of no bytes',
      manifest({ layers: [descriptorOf(zero), descriptorOf(zero)] }),
      /a blob without bytes, which ECR Public does not take/,
      [zero.bytes]
    ),
    graph(
      'fewer layers than the config has',
      manifest({ layers: [descriptorOf(layerBlob(0))] }),
      /A manifest lists 1 layers, but its config .* has – "2 rootfs\.diff_ids"/
    ),
    graph(
      'a subject that is no descriptor',
      manifest({ subject: 'sha256:1' }),
      /subject is no JSON object/
    ),
    graph(
      'a plain layer whose digest is not its diff ID',
      plainOfAnotherDigest(),
      /uncompressed layer whose digest is not the one in the config/
    ),
    {
      name: 'an index of three platforms of which one is missing',
      build: (directory) =>
        writeMembers(directory, ociMembers([partial], { without: [s390x.content.digest] })),
      message:
        /holds several platforms of the image \(linux\/amd64, linux\/arm64\), but not all: linux\/s390x is missing – save the image with all its platforms, or push one of them/
    },
    {
      name: 'an index of which no platform is complete',
      build: (directory) =>
        writeMembers(
          directory,
          ociMembers([partial], { without: [image, arm, s390x].map((each) => each.configDigest) })
        ),
      message: /does not hold all of the image; missing, among others/
    },
    {
      name: 'a damaged manifest in a layout with manifest.json',
      build: (directory) =>
        writeMembers(
          directory,
          ociMembers([image], { manifestJson: true }).map((member) =>
            member.name === blobName(image.content.digest)
              ? { ...member, body: Buffer.alloc(image.content.bytes.length, 0x20) }
              : member
          )
        ),
      message: /is damaged: its bytes hash to another digest than its name/
    },
    {
      name: 'a layout and a manifest.json of different images',
      build: (directory) =>
        writeMembers(directory, [...dockerMembers([other], 'legacy'), ...ociMembers([image])]),
      message: /holds 2 images – #0 ex\.com\/app:1, #1 ex\.com\/other:2/
    },
    graph(
      'an index of one child, two thousand times',
      buildIndex(Array.from({ length: 2000 }, () => image)),
      /an index of too many manifests – at most 1000 manifests/
    ),
    graph(
      'indexes that list each other many times, which no walk would end',
      ['a', 'b', 'c', 'd', 'e'].reduce<TestIndex>(
        (inner, at) =>
          buildIndex(
            Array.from({ length: 50 }, () => inner),
            { index: { at } }
          ),
        buildIndex([image])
      ),
      /an index of too many manifests/
    ),
    members(
      'a list of two thousand images',
      [
        file(
          'manifest.json',
          json(Array.from({ length: 2000 }, (_, at) => ({ Config: String(at), Layers: [] })))
        )
      ],
      /manifest\.json lists 2000 images – at most 1000/
    ),
    members(
      'a layer of a name with ten thousand directories',
      membersOf({
        ...DOCKER_FILES,
        'manifest.json': json([{ ...MANIFEST, Layers: ['a/'.repeat(2000) + 'b', '2.tar'] }])
      }),
      /names a file outside of the archive/
    ),
    {
      name: 'two images in an OCI layout and no choice',
      build: (directory) => writeMembers(directory, ociMembers([image, { ...other, tags: [] }])),
      message: /holds 2 images – #0 ex\.com\/app:1, #1 without a name \(sha256:/
    }
  ]
}

function directories(): MalformedArchive[] {
  const inDirectory = (
    name: string,
    spoil: (path: string) => Promise<unknown>,
    message: RegExp
  ): MalformedArchive => ({
    name,
    build: async (directory) => {
      const path = join(directory, 'layout')
      await mkdir(path)
      await writeOciDirectory(path, [image], { without: [layer1.digest] })
      await spoil(path)
      return path
    },
    message
  })
  return [
    {
      name: 'an empty directory',
      build: async (directory) => {
        const path = join(directory, 'empty')
        await mkdir(path)
        return path
      },
      message: /no image in the archive: it is empty/
    },
    inDirectory(
      'a layout directory with a link out of it',
      async (path) => {
        await writeFile(join(path, '..', 'outside'), layer1.blob)
        await symlink('../../../outside', join(path, blobName(layer1.digest)))
      },
      /has a link that leads out of the directory – "blobs\/sha256\//
    ),
    inDirectory(
      'a layout directory with a link to itself',
      (path) => symlink(layer1.digest.slice(7), join(path, blobName(layer1.digest))),
      /its links go round in a circle/
    ),
    inDirectory(
      'a layout directory with a FIFO for a blob',
      (path) => promisify(execFile)('mkfifo', [join(path, blobName(layer1.digest))]),
      /names a FIFO/
    ),
    inDirectory(
      'a layout directory with a directory for a blob',
      (path) => mkdir(join(path, blobName(layer1.digest))),
      /names a directory/
    ),
    inDirectory(
      'a layout directory that misses a blob',
      () => Promise.resolve(),
      /does not hold all of the image/
    )
  ]
}

function wrongBytes(): MalformedArchive[] {
  const flipped = Buffer.from(layer1.blob)
  flipped[flipped.length - 1]! ^= 0xff
  const digest = /sha256:[0-9a-f]{12}/
  const found = (archive: MalformedArchive): MalformedArchive => ({
    ...archive,
    foundWhile: 'pushing'
  })
  const many = Array.from({ length: 30_000 }, () => layer1)
  return [
    found(
      docker(
        'more layers than a manifest can name',
        {
          'c.json': json({
            rootfs: { type: 'layers', diff_ids: many.map(({ diffId }) => diffId) }
          }),
          'manifest.json': json([{ ...MANIFEST, Layers: many.map(() => '1.tar') }])
        },
        /too many layers: its manifest would take up to \d+ bytes – "30000 layers" – a manifest of at most 4194304 bytes/
      )
    ),
    found(
      docker('a plain layer of another diff ID', { '1.tar': tarOfFiles({ a: 'wrong' }) }, digest)
    ),
    found(
      docker(
        'a gzip layer of another diff ID',
        { '1.tar': gzipSync(tarOfFiles({ a: 'wrong' })) },
        digest
      )
    ),
    found(
      docker(
        'a gzip layer that ends early',
        { '1.tar': gzipSync(layer1.tar).subarray(0, 60) },
        /1\.tar|sha256:/
      )
    ),
    found(oci('a layer of other bytes', { [blobName(layer1.digest)]: flipped }, digest))
  ]
}

function bytes(name: string, content: Uint8Array, message: RegExp): MalformedArchive {
  return { name, build: (directory) => write(directory, content), message }
}

function members(name: string, list: readonly TarMember[], message: RegExp): MalformedArchive {
  return { name, build: (directory) => writeMembers(directory, list), message }
}

function docker(name: string, changes: Files, message: RegExp): MalformedArchive {
  return members(name, membersOf({ ...DOCKER_FILES, ...changes }), message)
}

function oci(name: string, changes: Files, message: RegExp): MalformedArchive {
  return members(name, membersOf({ ...OCI_FILES, ...changes }), message)
}

function graph(
  name: string,
  root: TestImage | TestIndex,
  message: RegExp,
  blobs: readonly Buffer[] = []
): MalformedArchive {
  return {
    name,
    build: (directory) => writeMembers(directory, ociMembers([root], { blobs })),
    message
  }
}

function membersOf(files: Files): TarMember[] {
  return Object.entries(files).flatMap(([name, body]) =>
    body === undefined ? [] : file(name, body)
  )
}

function layerBlob(at: number): TestBlob {
  const layer = image.layers[at]!
  return { bytes: layer.blob, digest: layer.digest, mediaType: MEDIA_TYPES.ociLayerGzip }
}

function nest(child: TestImage | TestIndex, depth: number): TestIndex {
  const index = buildIndex([child])
  return depth === 1 ? index : nest(index, depth - 1)
}

function plainOfAnotherDigest(): TestImage {
  return buildImage({
    compression: 'none',
    config: { rootfs: { type: 'layers', diff_ids: [layer2.diffId, layer1.diffId] } }
  })
}

async function write(directory: string, content: Uint8Array): Promise<string> {
  const path = join(directory, 'archive.tar')
  await writeFile(path, content)
  return path
}

async function writeMembers(directory: string, list: readonly TarMember[]): Promise<string> {
  return write(directory, tarArchive(list))
}

/** A layer of 10,000 MiB and a block, of which the disk holds only the begin. */
async function writeHuge(directory: string): Promise<string> {
  const size = 10_000 * 1024 ** 2 + 512
  const small = membersOf({ ...DOCKER_FILES, '1.tar': undefined })
  const start = Buffer.concat([
    ...small.map(tarMember),
    tarMember({ name: '1.tar', size, body: Buffer.from('1f8b08', 'hex') })
  ])
  const path = await write(directory, start)
  await truncate(path, start.length + size)
  return path
}
