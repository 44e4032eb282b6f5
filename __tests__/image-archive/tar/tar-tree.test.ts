import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  buildImage,
  customDockerMembers,
  dockerMembers,
  file,
  json,
  writeDockerArchive
} from '../../helpers/archives.js'
import { asDocker, openTestArchive, readDiffIds, useDirectory } from '../../helpers/read-archive.js'
import { tarArchive, writeTar } from '../../helpers/tar-writer.js'
import type { TarMember } from '../../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const amd64 = buildImage()
const [layer1, layer2] = [amd64.layers[0]!, amd64.layers[1]!]

describe('tar archives', () => {
  test('resolves the target of a hard link from the root of the archive', async () => {
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { a: 'a' }] })
    const members = customDockerMembers(
      { 'c.json': image.config, 'id1/layer.tar': image.layers[0]!.tar, '2.tar': layer1.tar },
      { Layers: ['id1/layer.tar', '2.tar', 'id3/layer.tar'] },
      [{ name: 'id3/layer.tar', type: '1', linkName: 'id1/layer.tar' }]
    )
    await writeTar(path(), members)
    const { layers } = asDocker(await openTestArchive(path()))
    expect(layers[2]).toBe(layers[0])
  })

  test('follows a link to a directory in the path of a layer', async () => {
    const members = customDockerMembers(
      { 'c.json': amd64.config, 'real/deep/1.tar': layer1.tar, '2.tar': layer2.tar },
      { Layers: ['directory/deep/1.tar', '2.tar'] },
      [{ name: 'directory', type: '2', linkName: './real' }]
    )
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('normalizes names with ./ and backslashes, and ignores AppleDouble files', async () => {
    const members: TarMember[] = [
      file('./._manifest.json', Buffer.from([0, 5, 0x16, 7])),
      { name: './id1/', type: '5' },
      file('./c.json', amd64.config),
      file('.\\id1\\layer.tar', layer1.tar),
      file('.//2.tar', layer2.tar),
      file(
        './manifest.json',
        json([{ Config: 'c.json', RepoTags: null, Layers: ['id1\\layer.tar', './2.tar'] }])
      )
    ]
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('reads long names in GNU, pax and ustar format', async () => {
    const long = (at: number): string => `${'directory/'.repeat(30)}${'x'.repeat(120)}-${at}`
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { c: 'c' }] })
    const [a, b, c] = image.layers.map((layer) => layer.tar)
    const members: TarMember[] = [
      { name: long(0), body: a, gnuLongName: true, format: 'gnu' },
      { name: 'cut', body: b, pax: [['path', long(1)]] },
      { name: long(2), linkName: long(3), type: '2', gnuLongName: true, gnuLongLink: true },
      {
        name: 'cut',
        type: '1',
        pax: [
          ['path', long(4)],
          ['linkpath', long(0)]
        ]
      },
      { name: `${'p/'.repeat(60)}c`, body: c },
      ...customDockerMembers(
        { 'c.json': image.config },
        { Layers: [long(4), long(1), `${'p/'.repeat(60)}c`] }
      )
    ]
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(image.diffIds)
  })

  test('ignores global pax headers', async () => {
    const [first, ...others] = customDockerMembers({
      'c.json': amd64.config,
      '1.tar': layer1.tar,
      '2.tar': layer2.tar
    })
    const globalPax = [
      ['path', 'elsewhere'],
      ['size', '3'],
      ['comment', 'x']
    ] as const
    await writeTar(path(), [{ ...first!, globalPax }, ...others])
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('ignores bytes after the end marker, and accepts a missing end marker', async () => {
    await writeDockerArchive(path(), [amd64])
    await appendFile(path(), Buffer.alloc(5000, 0x55))
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
    const members = dockerMembers([amd64], 'podman')
    await writeFile(path(), tarArchive(members, { end: false }))
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('accepts two files with the same name and the same bytes', async () => {
    const members = customDockerMembers({
      'c.json': amd64.config,
      '1.tar': layer1.tar,
      '2.tar': layer2.tar
    })
    await writeTar(path(), [...members, file('./1.tar', layer1.tar), ...members])
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })
})
