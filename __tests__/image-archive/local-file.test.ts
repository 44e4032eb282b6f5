import { appendFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blobName, buildImage, writeDockerArchive, writeOciDirectory } from '../helpers/archives.js'
import {
  asDocker,
  asManifest,
  openTestArchive,
  readDiffIds,
  readStoredContent,
  useDirectory
} from '../helpers/read-archive.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const amd64 = buildImage()
const layer1 = amd64.layers[0]!

describe('files that change', () => {
  test('detects a tar file that changes before a layer is read', async () => {
    await writeDockerArchive(path(), [amd64])
    const root = asDocker(await openTestArchive(path()))
    await appendFile(path(), 'more')
    await expect(readDiffIds(root)).rejects.toThrow(/changed while it was read/)
  })

  test('detects a blob of a directory that changes before it is read', async () => {
    await writeOciDirectory(path(), [amd64])
    const root = asManifest(await openTestArchive(path()))
    await writeFile(join(path(), blobName(layer1.digest)), 'other')
    await expect(readStoredContent(root.blobs[1]!.content)).rejects.toThrow(
      /changed while it was read/
    )
  })

  test('detects a tar file that is truncated while a layer is read', async () => {
    const image = buildImage({ layers: [{ big: Buffer.alloc(3 * 1024 ** 2, 1) }] })
    await writeDockerArchive(path(), [image], 'podman')
    const [layer] = asDocker(await openTestArchive(path())).layers
    if (layer?.kind !== 'layer-file') throw new Error('no layer file')
    const chunks = layer.content.read()[Symbol.asyncIterator]()
    await chunks.next()
    await truncate(path(), 1_500_000)
    await expect(chunks.next().then(() => chunks.next())).rejects.toThrow(
      /changed while it was read/
    )
  })
})
