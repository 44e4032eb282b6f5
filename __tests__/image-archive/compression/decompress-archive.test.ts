import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { buildImage, dockerMembers } from '../../helpers/archives.js'
import { asDocker, openTestArchive, readDiffIds, useDirectory } from '../../helpers/read-archive.js'
import { tarArchive } from '../../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const amd64 = buildImage()

describe('compressed archives', () => {
  const members = dockerMembers([amd64], 'podman')

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync]
  ])(
    'decompresses %s to the temporary directory, and deletes the file when it is closed',
    async (name, compress) => {
      await writeFile(path(), compress(tarArchive(members)))
      const lines: string[] = []
      const contents = await openTestArchive(path(), undefined, {
        temporaryDirectory: () => Promise.resolve(directory()),
        info: (line) => void lines.push(line)
      })
      expect(await readDiffIds(asDocker(contents))).toEqual(amd64.diffIds)
      expect(lines).toEqual([
        expect.stringMatching(`Decompressing .*archive.tar \\(${name}, \\d+ bytes\\)`)
      ])
      expect(await readdir(directory())).toHaveLength(2)
      await contents.close()
      expect(await readdir(directory())).toEqual(['archive.tar'])
    }
  )

  test('decompresses all members of a gzip file', async () => {
    const tar = tarArchive(members)
    await writeFile(
      path(),
      Buffer.concat([gzipSync(tar.subarray(0, 3000)), gzipSync(tar.subarray(3000))])
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('decompresses all frames of a zstd file', async () => {
    const tar = tarArchive(members)
    const skippable = Buffer.from('502a4d1804000000ffffffff', 'hex')
    await writeFile(
      path(),
      Buffer.concat([
        skippable,
        zstdCompressSync(tar.subarray(0, 3000)),
        zstdCompressSync(tar.subarray(3000))
      ])
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('stops at the maximum size of a decompressed archive', async () => {
    const large = tarArchive([{ name: 'zeros', body: Buffer.alloc(50 * 1024 ** 2) }])
    await writeFile(path(), gzipSync(large))
    await expect(
      openTestArchive(path(), undefined, { maxDecompressedBytes: 10 * 1024 ** 2 })
    ).rejects.toThrow(
      /The decompressed archive is too large: ".*"\. The maximum size is 10485760 bytes\./
    )
  })

  test('stops before the disk is full', async () => {
    const zeros = Buffer.alloc(65 * 1024 ** 2)
    await writeFile(path(), gzipSync(tarArchive([{ name: 'zeros', body: zeros }]), { level: 1 }))
    const free = [2 ** 40, 1000]
    const opening = openTestArchive(path(), undefined, {
      freeBytes: () => Promise.resolve(free.shift()!)
    })
    await expect(opening).rejects.toThrow(
      /does not have enough space to decompress .* 1000 bytes are free, and 268435456 bytes must remain free\./
    )
    expect(free).toEqual([])
  })

  test('stops if the run is cancelled', async () => {
    await writeFile(path(), gzipSync(tarArchive(members)))
    const controller = new AbortController()
    const opening = openTestArchive(path(), undefined, {
      signal: controller.signal,
      info: () => controller.abort(new Error('cancelled'))
    })
    await expect(opening).rejects.toThrow('cancelled')
  })
})
