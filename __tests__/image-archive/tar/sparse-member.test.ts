import { execFile } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildImage, buildLayer, customDockerMembers, file, json } from '../../helpers/archives.js'
import { asDocker, openTestArchive, readDiffIds, useDirectory } from '../../helpers/read-archive.js'
import { tarArchive, tarOfFiles, writeTar } from '../../helpers/tar-writer.js'
import type { TarMember } from '../../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')

describe('members larger than 8 GiB and sparse members', () => {
  const SIZE = 9 * 1024 ** 3 + 512

  test.each([
    ['base-256', {}],
    ['pax', { pax: [['size', String(SIZE)]] as const, rawSize: Buffer.from('00000000000\0') }]
  ])('reads the %s size of a layer of 9 GiB', async (_name, form) => {
    const small = customDockerMembers({ 'c.json': buildImage({ layers: [{ a: '' }] }).config })
    const out = await open(path(), 'w')
    await out.write(tarArchive([{ name: '1.tar', size: SIZE, ...form }], { end: false }))
    const { size } = await out.stat()
    const rest = tarArchive([
      ...small.slice(0, -1),
      file('manifest.json', json([{ Config: 'c.json', RepoTags: [], Layers: ['1.tar'] }]))
    ])
    await out.write(rest, 0, rest.length, size + SIZE)
    await out.close()
    const { layers } = asDocker(await openTestArchive(path()))
    expect(layers).toMatchObject([{ compression: 'none', content: { size: SIZE } }])
  })

  const sparseLayer = Buffer.concat([
    tarOfFiles({ a: 'begin' }).subarray(0, 1024),
    Buffer.alloc(3 * 1024 ** 2),
    Buffer.from('middle'.padEnd(512, '.')),
    Buffer.alloc(70_000)
  ])
  const middle = 1024 + 3 * 1024 ** 2
  const map = [0, 1024, middle, 512, sparseLayer.length, 0]
  const data = Buffer.concat([
    sparseLayer.subarray(0, 1024),
    sparseLayer.subarray(middle, middle + 512)
  ])
  const dataMap = Buffer.from(`${map.length / 2}\n${map.join('\n')}\n`.padEnd(512, '\0'))
  const size = String(sparseLayer.length)
  const pairs = map.map((value, at): [string, string] => [
    at % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes',
    String(value)
  ])
  const sparse: readonly (readonly [string, TarMember])[] = [
    [
      'pax 0.0',
      {
        name: '1.tar',
        body: data,
        pax: [['GNU.sparse.size', size], ['GNU.sparse.numblocks', '3'], ...pairs]
      }
    ],
    [
      'pax 0.1',
      {
        name: 'GNUSparseFile.0/1.tar',
        body: data,
        pax: [
          ['GNU.sparse.size', size],
          ['GNU.sparse.map', map.join(',')],
          ['GNU.sparse.name', '1.tar']
        ]
      }
    ],
    [
      'pax 1.0',
      {
        name: 'GNUSparseFile.0/1.tar',
        body: Buffer.concat([dataMap, data]),
        pax: [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.name', '1.tar'],
          ['GNU.sparse.realsize', size]
        ]
      }
    ]
  ]

  test.each(sparse)('adds the zeros of a sparse layer in format %s', async (_form, layer) => {
    const image = buildImage({ layers: [sparseLayer] })
    await writeTar(path(), [
      layer,
      ...customDockerMembers({ 'c.json': image.config }, { Layers: ['1.tar'] })
    ])
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers).toMatchObject([{ content: { size: sparseLayer.length } }])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test.each(['gnu', 'posix', '0.0', '0.1'])(
    'adds the zeros of a sparse layer that GNU tar writes in format %s',
    async (format) => {
      const layer = await writeSparseFile(join(directory(), '1.tar'))
      const image = buildImage({ layers: [layer] })
      const files = customDockerMembers({ 'c.json': image.config }, { Layers: ['1.tar'] })
      for (const { name, body } of files) await writeFile(join(directory(), name), body!)
      const version = format.startsWith('0') ? ['posix', `--sparse-version=${format}`] : [format]
      const args = [
        `--format=${version[0]!}`,
        ...version.slice(1),
        '-cSf',
        path(),
        '-C',
        directory()
      ]
      await promisify(execFile)('tar', [...args, '1.tar', 'c.json', 'manifest.json'])
      const root = asDocker(await openTestArchive(path()))
      expect(root.layers).toMatchObject([{ content: { size: layer.length } }])
      expect(await readDiffIds(root)).toEqual(image.diffIds)
    }
  )

  test('returns chunks of at most 1 MiB, also for zeros', async () => {
    const image = buildImage({ layers: [sparseLayer] })
    await writeTar(path(), [
      sparse[0]![1],
      ...customDockerMembers({ 'c.json': image.config }, { Layers: ['1.tar'] })
    ])
    const [layer] = asDocker(await openTestArchive(path())).layers
    if (layer?.kind !== 'layer-file') throw new Error('no layer file')
    for await (const chunk of layer.content.read())
      expect(chunk.length).toBeLessThanOrEqual(2 ** 20)
  })
})

/** Writes a layer as a sparse file and returns its bytes. */
async function writeSparseFile(name: string): Promise<Buffer> {
  const layer = buildLayer({ zeros: Buffer.alloc(2 * 1024 ** 2), tail: 'tail' }, 'none').tar
  const out = await open(name, 'w')
  for (let at = 0; at < layer.length; at += 4096) {
    const block = layer.subarray(at, at + 4096)
    if (block.some((byte) => byte !== 0)) await out.write(block, 0, block.length, at)
  }
  await out.truncate(layer.length)
  await out.close()
  return layer
}
