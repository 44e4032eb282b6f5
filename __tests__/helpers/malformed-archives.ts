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
import type { LayerCompression, TestBlob, TestImage, TestIndex } from './archives.js'
import { base256, tarArchive, tarMember, tarOfFiles } from './tar-writer.js'
import type { TarMember } from './tar-writer.js'

/** An archive that must be rejected. */
export interface MalformedArchive {
  readonly name: string
  /** Writes the archive into the directory and returns its path. */
  readonly build: (directory: string) => Promise<string>
  /** Matches the error. */
  readonly message: RegExp
  /** Set if only the bytes of a layer are wrong, so that the error occurs when they are pushed. */
  readonly foundWhile?: 'pushing'
}

const image = buildImage()
const other = buildImage({ layers: [{ other: 'other' }], tags: ['ex.com/other:2'] })
const legacy = dockerMembers([image], 'legacy')
const [layer1, layer2] = [image.layers[0]!, image.layers[1]!]

/** Changes to the files of an archive by name. `undefined` removes a file. */
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

const BUILD_CACHE =
  /^The archive contains a build cache of BuildKit instead of an image: ".*"\. .*"--cache-to"\. Build the image with "--output type=oci,dest=image\.tar"/

/** Archives with one error each. Each one must be rejected with one clear error before anything is pushed. */
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
      name: 'a path that does not exist',
      build: (directory) => Promise.resolve(join(directory, 'nothing.tar')),
      message:
        /^Cannot read the file: ".*nothing\.tar"\. The file or directory does not exist\. Check the path/
    },
    {
      name: 'a path below a file',
      build: async (directory) => join(await write(directory, Buffer.from('x')), 'below.tar'),
      message: /Cannot read the file: ".*below\.tar"\. A component of the path is not a directory\./
    },
    {
      name: 'a FIFO',
      build: async (directory) => {
        const path = join(directory, 'fifo')
        await promisify(execFile)('mkfifo', [path])
        return path
      },
      message:
        /The path is a FIFO, not a regular file: ".*"\. Save the archive to a regular file first\./
    },
    {
      name: 'a device',
      build: () => Promise.resolve('/dev/zero'),
      message: /The path is a device, not a regular file: "\/dev\/zero"/
    },
    {
      name: 'a link to itself',
      build: async (directory) => {
        const path = join(directory, 'loop.tar')
        await symlink(path, path)
        return path
      },
      message: /Cannot read the file: ".*"\. Its symbolic links form a cycle\./
    }
  ]
}

function tarStructure(): MalformedArchive[] {
  const whole = tarArchive(legacy)
  const at = legacy.findIndex((member) => member.name.endsWith('layer.tar'))
  const inLayer = tarArchive(legacy.slice(0, at), { end: false }).length + 900
  return [
    bytes(
      'an empty file',
      Buffer.alloc(0),
      /The archive does not contain an image: ".*"\. The archive is empty\./
    ),
    bytes(
      'zeros only',
      Buffer.alloc(10_240),
      /The archive does not contain an image: ".*"\. The archive is empty\./
    ),
    bytes('text', Buffer.from('not a tar\n'.repeat(200)), /is not a tar archive/),
    bytes(
      'a file shorter than a header',
      Buffer.from('tiny'),
      /is not a tar archive: ".*"\. It is text\./
    ),
    bytes(
      'an archive truncated in a layer',
      whole.subarray(0, inLayer),
      /is truncated at byte \d+, in the member: ".*"\. Create or download the archive again\./
    ),
    bytes(
      'an archive truncated in a header',
      tarArchive(legacy, { end: false }).subarray(0, tarMember(legacy[0]!).length + 100),
      /is truncated at byte \d+, in a header after the member: ".+"/
    ),
    bytes(
      'an archive truncated between two members',
      tarMember(legacy[0]!),
      /does not contain an image: .* The archive does not have an end marker and may be truncated\./
    ),
    members(
      'a header with a wrong checksum',
      [...legacy.slice(0, 2), { ...legacy[2]!, badChecksum: true }],
      /is damaged: the tar header at byte \d+ is invalid after the member: ".+"/
    ),
    bytes(
      'garbage between members',
      Buffer.concat([tarMember(legacy[0]!), Buffer.alloc(512, 0x55), tarArchive(legacy.slice(1))]),
      /is damaged: the tar header at byte \d+ is invalid/
    ),
    members(
      'a size beyond the end of the file',
      [{ name: '1.tar', body: Buffer.alloc(10), size: 1_000_000 }],
      /is truncated at byte \d+, in the member: "1\.tar"/
    ),
    members(
      'a size of 2^62 bytes',
      [{ name: '1.tar', rawSize: base256(1n << 62n) }],
      /is not a tar archive/
    ),
    members(
      'a size of 2^52 bytes',
      [{ name: '1.tar', rawSize: base256(1n << 52n) }],
      /is truncated at byte \d+, in the member: "1\.tar"/
    ),
    members(
      'a negative size',
      [{ name: '1.tar', rawSize: Buffer.alloc(12, 0xff) }],
      /is not a tar archive/
    ),
    members(
      'a size that is not a number',
      [file('0', Buffer.alloc(1)), { name: '1.tar', rawSize: Buffer.from('9'.repeat(11)) }],
      /the tar header at byte 1024 is invalid/
    ),
    members(
      'a pax size that is not a number',
      [{ name: '1.tar', body: Buffer.alloc(9), pax: [['size', '-1']] }],
      /The size of the member 1\.tar in .* is invalid: "-1"/
    ),
    members(
      'a pax size beyond the end of the file',
      [{ name: '1.tar', body: Buffer.alloc(9), pax: [['size', '999999999']] }],
      /is truncated/
    ),
    members(
      'a pax header with wrong lengths',
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
      /The extension headers of the archive are too large/
    ),
    members(
      'more extension headers than a member can have',
      Array.from({ length: 20 }, () => ({ name: 'L', type: 'L', body: Buffer.from('name\0') })),
      /The extension headers of the archive are too large/
    ),
    {
      name: 'too many members',
      build: (directory) => write(directory, Buffer.alloc(100_001 * 512, tarMember({ name: 'a' }))),
      message: /too many files for an image archive: ".*"\. The maximum is 100000 files\./
    }
  ]
}

function sparseMembers(): MalformedArchive[] {
  const message = /has a sparse member with an invalid map at byte \d+: "1\.tar"/
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
      'a sparse map with more bytes than the archive stores',
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
      'a sparse map that is not a list of pairs',
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
      'a truncated sparse map in the data',
      [...version, ['GNU.sparse.realsize', '4096']],
      Buffer.from('7\n0\n512\n')
    ),
    sparse(
      'a sparse map in the data with billions of parts',
      [...version, ['GNU.sparse.realsize', '4096']],
      Buffer.from('9999999999\n0\n512\n')
    ),
    sparse('a sparse map in the data without a size', version, Buffer.from('0\n')),
    bytes(
      'an old GNU sparse map that continues after the end of the file',
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
      'sparse members with terabytes of zeros in total',
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
      'a sparse member in an unsupported format',
      [
        { name: '1.tar', body: layer1.tar, pax: [['SCHILY.realsize', '99999']] },
        ...membersOf({ ...DOCKER_FILES, '1.tar': undefined })
      ],
      /A member of .* is not a regular file: "1\.tar"\. Its type is not supported/
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
      /compressed with xz, which is not supported: .* Decompress the file first with "xz -d /
    ),
    bytes(
      'an archive in bzip2',
      magic('425a6839314159265359'),
      /compressed with bzip2, .* with "bzip2 -d /
    ),
    bytes('an archive in lz4', magic('04224d18'), /compressed with lz4, .* with "lz4 -d /),
    bytes('a zip file', magic('504b0304'), /compressed with zip, .* with "unzip /),
    bytes(
      'truncated gzip data',
      gzip.subarray(0, gzip.length - 100),
      /gzip data of the file are truncated/
    ),
    bytes('damaged gzip data', damaged, /gzip data of the file are damaged/),
    bytes(
      'truncated zstd data',
      zstd.subarray(0, zstd.length - 50),
      /zstd data of the file are truncated/
    ),
    bytes(
      'damaged zstd data',
      Buffer.concat([zstd.subarray(0, 8), Buffer.alloc(300, 0x55)]),
      /zstd data of the file are damaged/
    ),
    bytes(
      'zstd data with a window of 2 GiB',
      Buffer.concat([Buffer.from('28b52ffd00a8011000', 'hex'), Buffer.alloc(512)]),
      /require too much memory to decompress: .* Decompress the file first with "zstd -d --long=31/
    ),
    bytes(
      'gzip of a file that is not an archive',
      gzipSync(Buffer.alloc(50 * 1024 ** 2)),
      /compressed with gzip, but it is not a tar archive/
    ),
    bytes(
      'gzip of an empty file',
      gzipSync(Buffer.alloc(0)),
      /does not contain an image: ".*"\. The archive is empty\./
    ),
    bytes('gzip in gzip', gzipSync(gzip), /compressed with gzip, but it is not a tar archive/),
    bytes(
      'gzip of a truncated archive',
      gzipSync(whole.subarray(0, 1500)),
      /is truncated at byte 1500/
    )
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
      /does not contain an image: .* looks like a root file system/
    ),
    docker(
      'an archive of Docker 1.9',
      { 'manifest.json': undefined, repositories: json({}) },
      /does not contain an image: .* saved by Docker 1\.9 or older/
    ),
    members(
      'an image in a subdirectory of the archive',
      legacy.map((each) => ({ ...each, name: `app/${each.name}` })),
      /The image is in a subdirectory of the archive\./
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
      'a manifest.json with an empty list',
      { 'manifest.json': json([]) },
      /manifest\.json does not list any images/
    ),
    docker(
      'a manifest.json of skopeo dir:',
      { 'manifest.json': image.content.bytes },
      /manifest\.json does not list any images\. .* With skopeo, use "oci:" instead of "dir:"/
    ),
    docker(
      'a manifest.json larger than 4 MiB',
      { 'manifest.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /manifest\.json is too large: 5242880 bytes\. The maximum size is 4194304 bytes\./
    ),
    docker(
      'an entry that is not an object',
      { 'manifest.json': json([7]) },
      /manifest\.json, entry 0 is not a JSON object/
    ),
    docker(
      'an entry without a config',
      entry({ Config: undefined }),
      /manifest\.json, entry 0 does not have a config/
    ),
    docker(
      'a config of many nested lists',
      { 'manifest.json': deep },
      /entry 0 does not have a config/
    ),
    docker(
      'layers that are not a list',
      entry({ Layers: '1.tar' }),
      /entry 0, Layers is not a list of strings/
    ),
    docker(
      'tags that are not a list',
      entry({ RepoTags: { app: 1 } }),
      /entry 0, RepoTags is not a list of strings/
    ),
    docker(
      'a layer with an absolute path',
      entry({ Layers: ['/etc/passwd', '2.tar'] }),
      /refers to a file outside the archive: "\/etc\/passwd"/
    ),
    docker(
      'a layer with .. in its path',
      entry({ Layers: ['../../etc/passwd', '2.tar'] }),
      /refers to a file outside the archive: "\.\.\/\.\.\/etc\/passwd"/
    ),
    docker(
      'a layer with \\..\\ in its path',
      entry({ Layers: ['a\\..\\..\\b', '2.tar'] }),
      /refers to a file outside the archive/
    ),
    docker(
      'a config with .. in its path',
      entry({ Config: '../c.json' }),
      /refers to a file outside the archive/
    ),
    docker(
      'a layer with a NUL in its path',
      entry({ Layers: ['1.tar\0', '2.tar'] }),
      /refers to a file outside the archive/
    ),
    docker(
      'a config with a path of one megabyte',
      entry({ Config: 'c'.repeat(1024 ** 2) }),
      /^.{0,500} refers to a file outside the archive: "c{200}…"\. .* at most 4096 characters/
    ),
    docker(
      'a config that is missing',
      { 'c.json': undefined },
      /A file that manifest\.json refers to is missing in .*: "c\.json"/
    ),
    docker(
      'a layer that is missing',
      { '2.tar': undefined },
      /A file that manifest\.json refers to is missing in .*: "2\.tar"/
    ),
    docker(
      'a config that is not JSON',
      { 'c.json': Buffer.from('{"rootfs') },
      /c\.json is not JSON/
    ),
    docker('a config that is a list', config([]), /c\.json is not a JSON object: "a list"/),
    docker(
      'a config without diff IDs',
      config({ rootfs: {} }),
      /c\.json is not an image config\. .* "rootfs\.diff_ids"/
    ),
    docker(
      'a config with diff IDs that are not digests',
      config({ rootfs: { diff_ids: ['sha256:0', 1] } }),
      /c\.json, rootfs\.diff_ids\[0\] is not a valid digest: "sha256:0"/
    ),
    docker(
      'a config with sha512 diff IDs',
      config({ rootfs: { diff_ids: [`sha512:${'0'.repeat(128)}`] } }),
      /diff_ids\[0\] is not a valid digest/
    ),
    docker(
      'a config larger than 4 MiB',
      { 'c.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /c\.json is too large/
    ),
    docker(
      'fewer layers than diff IDs',
      entry({ Layers: ['1.tar'] }),
      /differ: "c\.json"\. manifest\.json lists 1 layers, and the config lists 2 diff IDs\./
    ),
    docker(
      'more layers than diff IDs',
      entry({ Layers: ['1.tar', '2.tar', '1.tar'] }),
      /differ: "c\.json"\. manifest\.json lists 3 layers, and the config lists 2 diff IDs\./
    ),
    docker(
      'a layer in xz',
      { '1.tar': Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(99)]) },
      /A layer is compressed with xz, which is not supported: "1\.tar"/
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
      /A file that manifest\.json refers to is missing in .*: "1\.tar"/
    ),
    docker(
      'a foreign layer with an invalid descriptor',
      {
        ...entry({ LayerSources: { [layer1.diffId]: { urls: ['https://example.com'] } } }),
        '1.tar': undefined
      },
      /LayerSources.* has an unsupported digest/
    ),
    {
      name: 'a compressed layer larger than the quota',
      build: (directory) => writeHuge(directory),
      message:
        /A layer is too large for ECR Public \(10485760512 bytes\): "1\.tar"\. The maximum size is 10000 MiB/
    },
    members(
      'several images and no input archive-image',
      dockerMembers([image, other], 'legacy'),
      /contains 2 images: ".*"\. The archive contains #0 ex\.com\/app:1, #1 ex\.com\/other:2\. Set the input "archive-image"/
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
      /Cannot follow a link in .*: "1\.tar"\. The links form a cycle\./
    ),
    with1(
      'links that form a cycle',
      [link('1.tar', 'a'), link('a', 'b'), link('b', '1.tar')],
      /The links form a cycle/
    ),
    with1(
      'hard links that form a cycle',
      [link('1.tar', 'a', '1'), link('a', '1.tar', '1')],
      /The links form a cycle/
    ),
    with1(
      'links to directories that form a cycle',
      [link('1.tar', 'd/x'), link('d', 'd/y')],
      /The links form a cycle|More than 40 links/
    ),
    with1(
      'a chain of sixty links',
      [link('1.tar', 'l0'), ...chain, file('l60', layer1.tar)],
      /More than 40 links have to be followed/
    ),
    with1(
      'a symbolic link to an absolute path',
      [link('1.tar', '/etc/passwd')],
      /"1\.tar"\. Its target \/etc\/passwd is outside the archive\./
    ),
    with1(
      'a symbolic link to a file outside the archive',
      [link('1.tar', '../../../etc/passwd')],
      /Its target .* is outside the archive/
    ),
    with1(
      'a hard link to a file outside the archive',
      [link('1.tar', '../etc/passwd', '1')],
      /Its target .* is outside the archive/
    ),
    with1(
      'a link to a missing file',
      [link('1.tar', 'nothing')],
      /"1\.tar"\. The archive does not contain its target nothing\./
    ),
    with1(
      'a link to a directory',
      [link('1.tar', 'd'), { name: 'd/', type: '5' }],
      /is not a regular file: "d"\. It is a directory\./
    ),
    with1(
      'a layer that is a device',
      [{ name: '1.tar', type: '3' }],
      /is not a regular file: ".*"\. Its type is not supported/
    ),
    with1(
      'a layer that is a FIFO',
      [{ name: '1.tar', type: '6' }],
      /is not a regular file: ".*"\. Its type is not supported/
    ),
    with1(
      'two layers with the same name',
      [file('1.tar', layer1.tar), file('./1.tar', layer2.tar)],
      /contains two different files with the same name: "1\.tar"/
    ),
    with1(
      'a link and a file with the same name',
      [file('1.tar', layer1.tar), link('1.tar', '2.tar')],
      /contains two different files with the same name/
    ),
    members(
      'two files manifest.json',
      [...legacy, file('manifest.json', json([]))],
      /two different files with the same name: "manifest\.json"/
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
      'a layout with an unsupported version',
      { 'oci-layout': json({ imageLayoutVersion: '2.0.0' }) },
      /The version of the OCI layout \(oci-layout\) is not supported: "2\.0\.0"/
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
      'an index.json with schemaVersion 1',
      index({ schemaVersion: 1 }),
      /index\.json is not a supported image manifest or index/
    ),
    oci(
      'an index.json with a hostile schemaVersion',
      index({ schemaVersion: { toString: 1 } }),
      /index\.json is not a supported image manifest or index/
    ),
    oci(
      'an index.json with an empty list',
      index({ manifests: [] }),
      /index\.json of the archive does not list any images: ".*"\. Use an OCI manifest or index, .*Create the archive again/
    ),
    oci(
      'an index.json without manifests',
      index({ manifests: undefined }),
      /index\.json of the archive does not list any images/
    ),
    oci(
      'an index.json with manifests that are not a list',
      index({ manifests: {} }),
      /index\.json, manifests is not a list of descriptors/
    ),
    oci(
      'an index.json larger than 4 MiB',
      { 'index.json': Buffer.alloc(5 * 1024 ** 2, 0x20) },
      /index\.json is too large/
    ),
    oci(
      'a descriptor that is not an object',
      index({ manifests: ['sha256:1'] }),
      /manifests\[0\] is not a JSON object/
    ),
    oci(
      'a sha512 digest',
      first({ digest: `sha512:${'0'.repeat(128)}` }),
      /manifests\[0\] has an unsupported digest: "sha512:0/
    ),
    oci(
      'a digest that is a path',
      first({ digest: 'sha256:../../../etc/passwd' }),
      /has an unsupported digest/
    ),
    oci(
      'a size in a descriptor that is not a number',
      first({ size: '12' }),
      /manifests\[0\] does not have a valid size in bytes/
    ),
    oci(
      'a negative size in a descriptor',
      first({ size: -1 }),
      /does not have a valid size in bytes/
    ),
    oci(
      'a media type that is not a string',
      first({ mediaType: null }),
      /does not have a valid media type/
    ),
    oci(
      'an index.json without images',
      first({ mediaType: 'text/plain' }),
      /index\.json of the archive lists only manifests that are not supported: ".*"\. It lists content of another type \(text\/plain\)\. Use an OCI manifest or index, .*Create the archive again/
    ),
    oci(
      'an index.json with only a Docker schema 1 manifest',
      first({ mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }),
      /not supported: ".*"\. It lists Docker schema 1 manifests \(application\/vnd\.docker\.distribution\.manifest\.v1\+prettyjws\)\. Use an OCI manifest or index, .* "skopeo copy", which converts it/
    ),
    oci(
      'an index.json with only an OCI artifact manifest',
      first({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }),
      /not supported: ".*"\. It lists artifact manifests \(application\/vnd\.oci\.artifact\.manifest\.v1\+json\)\. Use an OCI manifest or index, .* with ORAS 1\.1 or later/
    ),
    oci(
      'a manifest that is missing',
      { [blobName(image.content.digest)]: undefined },
      /does not contain the whole image: ".*"\. The blob sha256:[0-9a-f]{64} is missing\./
    ),
    oci(
      'a config that is missing in an OCI layout',
      { [blobName(image.configDigest)]: undefined },
      /does not contain the whole image/
    ),
    oci(
      'a layer that is missing in an OCI layout',
      { [blobName(layer1.digest)]: undefined },
      /does not contain the whole image: .* Create or download the archive again\./
    ),
    oci(
      'a manifest with a wrong size',
      { [blobName(image.content.digest)]: Buffer.concat([image.content.bytes, Buffer.from(' ')]) },
      /does not have the size in its descriptor: .* The file has \d+ bytes, and the descriptor specifies \d+ bytes\./
    ),
    oci(
      'a layer with a wrong size',
      { [blobName(layer1.digest)]: layer1.blob.subarray(1) },
      /does not have the size in its descriptor: "blobs\/sha256\/.*"\. The file has \d+ bytes/
    ),
    oci(
      'a manifest with a wrong digest',
      {
        [blobName(image.content.digest)]: Buffer.from(
          image.content.bytes.toString().replace('"layers"', '"Layers"')
        )
      },
      /A file of the archive is damaged: "blobs\/sha256\/.*"\. Its digest is sha256:/
    ),
    oci(
      'a config with a wrong digest',
      {
        [blobName(image.configDigest)]: Buffer.from(
          image.config.toString().replace('linux', 'LINUX')
        )
      },
      /A file of the archive is damaged: ".*"\. Its digest is sha256:/
    ),
    oci(
      'a blob that is a directory',
      { [blobName(layer1.digest)]: undefined, [`${blobName(layer1.digest)}/x`]: Buffer.from('x') },
      /does not contain the whole image/
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
  const layer = descriptorOf(buildBlob(layer1.blob, MEDIA_TYPES.ociLayerGzip))
  const cache = { ...layer, mediaType: 'application/vnd.buildkit.cacheconfig.v0' }
  return [
    graph(
      'an index without manifests',
      childless,
      /The index does not list any images: "blobs\/sha256\//
    ),
    graph('an empty index', empty, /The index does not list any images: "blobs\/sha256\//),
    graph(
      'an index of layers',
      buildIndex([image], { index: { manifests: [layer] } }),
      /An index in .* lists content that is not supported: "sha256:.*"\. The index lists content of another type \(application\/vnd\.oci\.image\.layer\.v1\.tar\+gzip\)\. An index must list OCI manifests/
    ),
    graph(
      'a build cache of BuildKit that is an index',
      buildIndex([image], { index: { manifests: [layer, cache] } }),
      BUILD_CACHE
    ),
    graph(
      'a build cache of BuildKit that is a manifest',
      manifest({ config: cache, layers: [layer] }),
      BUILD_CACHE
    ),
    graph(
      'a document that is a manifest and an index',
      both,
      /does not match its descriptor: .* is a manifest and an index at the same time\./
    ),
    graph(
      'a manifest with the media type of an index',
      { ...image, content: { ...image.content, mediaType: MEDIA_TYPES.ociIndex } },
      /does not match its descriptor/
    ),
    graph(
      'indexes nested nine levels deep',
      nest(image, 10),
      /An index in the archive is too large/
    ),
    graph(
      'a manifest larger than 4 MiB',
      manifest({ padding: 'x'.repeat(4_194_304) }),
      /is too large: \d+ bytes\. The maximum size is 4194304 bytes\./
    ),
    graph(
      'a manifest without a config',
      manifest({ config: undefined }),
      /config is not a JSON object/
    ),
    graph(
      'a manifest with layers that are not a list',
      manifest({ layers: 'none' }),
      /layers is not a list of descriptors/
    ),
    graph(
      'a layer with a sha512 digest',
      manifest({ layers: [sha512] }),
      /layers\[0\] has an unsupported digest/
    ),
    graph(
      'an empty layer',
      manifest({ layers: [descriptorOf(zero), descriptorOf(zero)] }),
      /A blob in .* is empty: .* ECR Public does not support empty blobs\./,
      [zero.bytes]
    ),
    graph(
      'fewer layers than the config',
      manifest({ layers: [descriptorOf(layerBlob(0))] }),
      /differ: .* The manifest lists 1 layers, and the config lists 2 diff IDs\./
    ),
    graph(
      'a subject that is not a descriptor',
      manifest({ subject: 'sha256:1' }),
      /subject is not a JSON object/
    ),
    graph(
      'an uncompressed layer with a digest that is not its diff ID',
      uncompressedWithWrongDigest(),
      /digest of an uncompressed layer is not its diff ID/
    ),
    {
      name: 'an index with one of three platforms missing',
      build: (directory) =>
        writeMembers(directory, ociMembers([partial], { without: [s390x.content.digest] })),
      message:
        /several platforms of the image, but not all of them: ".*"\. It contains linux\/amd64, linux\/arm64\. Missing: linux\/s390x\. Save the image with all platforms, or set the input "archive-image" to one of them: sha256:/
    },
    {
      name: 'an index without a complete platform',
      build: (directory) =>
        writeMembers(
          directory,
          ociMembers([partial], { without: [image, arm, s390x].map((each) => each.configDigest) })
        ),
      message: /does not contain the whole image: ".*"\. The blob/
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
      message: /A file of the archive is damaged: "blobs\/sha256\/.*"\. Its digest is sha256:/
    },
    {
      name: 'a layout and a manifest.json with different images',
      build: (directory) =>
        writeMembers(directory, [...dockerMembers([other], 'legacy'), ...ociMembers([image])]),
      message: /contains 2 images: .* #0 ex\.com\/app:1, #1 ex\.com\/other:2\./
    },
    graph(
      'an index that lists one manifest 2000 times',
      buildIndex(Array.from({ length: 2000 }, () => image)),
      /An index in the archive is too large: .* The maximum is 1000 manifests/
    ),
    graph(
      'nested indexes with millions of paths',
      ['a', 'b', 'c', 'd', 'e'].reduce<TestIndex>(
        (inner, at) =>
          buildIndex(
            Array.from({ length: 50 }, () => inner),
            { index: { at } }
          ),
        buildIndex([image])
      ),
      /An index in the archive is too large/
    ),
    members(
      'a list of 2000 images',
      [
        file(
          'manifest.json',
          json(Array.from({ length: 2000 }, (_, at) => ({ Config: String(at), Layers: [] })))
        )
      ],
      /manifest\.json lists 2000 images\. An archive can list at most 1000 images\./
    ),
    members(
      'a layer with thousands of directories in its path',
      membersOf({
        ...DOCKER_FILES,
        'manifest.json': json([{ ...MANIFEST, Layers: ['a/'.repeat(2000) + 'b', '2.tar'] }])
      }),
      /refers to a file outside the archive/
    ),
    {
      name: 'two images in an OCI layout and no input archive-image',
      build: (directory) => writeMembers(directory, ociMembers([image, { ...other, tags: [] }])),
      message: /contains 2 images: .* #0 ex\.com\/app:1, #1 without a name \(sha256:/
    }
  ]
}

function directories(): MalformedArchive[] {
  const inDirectory = (
    name: string,
    change: (path: string) => Promise<unknown>,
    message: RegExp
  ): MalformedArchive => ({
    name,
    build: async (directory) => {
      const path = join(directory, 'layout')
      await mkdir(path)
      await writeOciDirectory(path, [image], { without: [layer1.digest] })
      await change(path)
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
      message: /does not contain an image: ".*"\. The archive is empty\./
    },
    inDirectory(
      'a layout directory with a link to a file outside',
      async (path) => {
        await writeFile(join(path, '..', 'outside'), layer1.blob)
        await symlink('../../../outside', join(path, blobName(layer1.digest)))
      },
      /A link in .* points outside the directory: "blobs\/sha256\//
    ),
    inDirectory(
      'a layout directory with a link to itself',
      (path) => symlink(layer1.digest.slice(7), join(path, blobName(layer1.digest))),
      /Its symbolic links form a cycle\./
    ),
    inDirectory(
      'a layout directory with a FIFO instead of a blob',
      (path) => promisify(execFile)('mkfifo', [join(path, blobName(layer1.digest))]),
      /The path is a FIFO, not a regular file/
    ),
    inDirectory(
      'a layout directory with a directory instead of a blob',
      (path) => mkdir(join(path, blobName(layer1.digest))),
      /The path is a directory, not a regular file/
    ),
    inDirectory(
      'a layout directory without one of the blobs',
      () => Promise.resolve(),
      /does not contain the whole image/
    )
  ]
}

function wrongBytes(): MalformedArchive[] {
  const flipped = Buffer.from(layer1.blob)
  flipped[flipped.length - 1]! ^= 0xff
  const digest = /sha256[:/][0-9a-f]{12}/
  const found = (archive: MalformedArchive): MalformedArchive => ({
    ...archive,
    foundWhile: 'pushing'
  })
  const many = Array.from({ length: 30_000 }, () => layer1)
  return [
    found(
      docker(
        'more layers than fit into a manifest',
        {
          'c.json': json({
            rootfs: { type: 'layers', diff_ids: many.map(({ diffId }) => diffId) }
          }),
          'manifest.json': json([{ ...MANIFEST, Layers: many.map(() => '1.tar') }])
        },
        /too many layers: "30000 layers"\. Its manifest could take up to \d+ bytes\. .+ at most 4194304 bytes\./
      )
    ),
    found(
      docker(
        'an uncompressed layer with another diff ID',
        { '1.tar': tarOfFiles({ a: 'wrong' }) },
        digest
      )
    ),
    found(
      docker(
        'a gzip layer with another diff ID',
        { '1.tar': gzipSync(tarOfFiles({ a: 'wrong' })) },
        digest
      )
    ),
    found(
      docker(
        'a truncated gzip layer',
        { '1.tar': gzipSync(layer1.tar).subarray(0, 60) },
        /1\.tar|sha256:/
      )
    ),
    found(oci('a layer with a wrong digest', { [blobName(layer1.digest)]: flipped }, digest)),
    ...layersThatAreNotTar(found)
  ]
}

function layersThatAreNotTar(
  found: (archive: MalformedArchive) => MalformedArchive
): MalformedArchive[] {
  const text = Buffer.from('not a layer\n'.repeat(100))
  const html = Buffer.from('<!doctype html><title>Log in</title>'.padEnd(1000))
  const of = (layer: Buffer, compression: LayerCompression): TestImage =>
    buildImage({ layers: [{ file: 'content' }, layer], compression: ['gzip', compression] })
  return [
    members(
      'an uncompressed layer of text (docker save)',
      dockerMembers([buildImage({ layers: [text] })], 'legacy'),
      /A layer is not a tar archive: .* It is text/
    ),
    found(graph('a gzip layer of HTML', of(html, 'gzip'), /A layer is not a tar .* an HTML page/)),
    found(graph('a zstd layer of text', of(text, 'zstd'), /A layer is not a tar .* It is text/))
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

function uncompressedWithWrongDigest(): TestImage {
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

/** Writes a layer of 10,000 MiB and one block as a sparse file. */
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
