import { join } from 'node:path'
import {
  buildImage,
  buildIndex,
  descriptorOf,
  dockerMembers,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import { asDocker, asManifest, openTestArchive, useDirectory } from '../helpers/read-archive.js'
import { writeTar } from '../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const amd64 = buildImage()

describe('archives with several images', () => {
  const a = buildImage({ layers: [{ a: 'a' }], tags: ['ex.com/a:1', 'ex.com/a:latest'] })
  const b = buildImage({ layers: [{ b: 'b' }], tags: ['docker.io/library/b:2'] })
  const untagged = buildImage({ layers: [{ c: 'c' }], tags: [] })

  test.each([
    ['ex.com/a:1', a],
    ['ex.com/a', a],
    ['#0', a],
    ['b:2', b],
    ['library/b:2', b],
    ['docker.io/library/b:2', b],
    ['index.docker.io/library/b:2', b],
    ['b', b],
    ['#2', untagged],
    [untagged.configDigest, untagged]
  ])('selects an image of a docker-archive by %s', async (archiveImage, image) => {
    await writeDockerArchive(path(), [a, b, untagged], 'podman')
    const contents = await openTestArchive(path(), archiveImage)
    expect(asDocker(contents).config.digest).toBe(image.configDigest)
    expect(contents.tags).toEqual(image.tags.map((tag) => tag.slice(tag.lastIndexOf(':') + 1)))
  })

  test.each([
    ['ex.com/a:1', a],
    ['b:2', b],
    ['#2', untagged],
    [untagged.content.digest, untagged],
    [untagged.configDigest, untagged]
  ])('selects an image of an OCI layout by %s', async (archiveImage, image) => {
    await writeOciArchive(path(), [a, b, untagged])
    expect(asManifest(await openTestArchive(path(), archiveImage)).digest).toBe(
      image.content.digest
    )
  })

  test.each(['a:1', 'ex.com/a:2', '#3', 'c', 'sha256:12', `sha256:${'0'.repeat(64)}`, '#', '::'])(
    'lists the images if %s does not match any of them',
    async (archiveImage) => {
      await writeDockerArchive(path(), [a, b, untagged], 'podman')
      await expect(openTestArchive(path(), archiveImage)).rejects.toThrow(
        /Input "archive-image" does not match any image of .*#0 ex\.com\/a:1 or ex\.com\/a:latest, #1 docker\.io\/library\/b:2, #2 without a name/
      )
    }
  )

  describe('selects by a reference with a digest', () => {
    const old = buildImage({ layers: [{ d: '1' }], tags: ['acme/app:1'] })
    const next = buildImage({ layers: [{ d: '2' }], tags: ['acme/app:2'] })

    test.each([
      [`acme/app:1@${old.content.digest}`, old],
      [`acme/app@${next.content.digest}`, next],
      [`docker.io/acme/app@${next.configDigest}`, next]
    ])('the image of that name and digest (%#)', async (archiveImage, image) => {
      await writeOciArchive(path(), [old, next])
      const contents = await openTestArchive(path(), archiveImage)
      expect(asManifest(contents).digest).toBe(image.content.digest)
    })

    test.each([
      `acme/app:1@${next.content.digest}`,
      `acme/app:1@sha256:${'0'.repeat(64)}`,
      `acme/app:1@sha512:${'0'.repeat(128)}`,
      `acme/other@${old.content.digest}`
    ])('no image if the name or the digest differs (%#)', async (archiveImage) => {
      for (const images of [[old], [old, next]]) {
        await writeOciArchive(path(), images)
        await expect(openTestArchive(path(), archiveImage)).rejects.toThrow(
          `The archive contains #0 acme/app:1 (${old.content.digest})`
        )
      }
    })

    test('a platform image of the index with that name', async () => {
      const arm64 = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, tags: [] })
      const index = buildIndex([old, arm64], { tags: ['acme/app:3'] })
      await writeOciArchive(path(), [index])
      const contents = await openTestArchive(path(), `acme/app:3@${arm64.content.digest}`)
      expect(asManifest(contents).digest).toBe(arm64.content.digest)
    })
  })

  test('rejects a repository without a tag that matches several images', async () => {
    const images = ['ex.com/x:1', 'ex.com/x:2'].map((tag) =>
      buildImage({ layers: [{ [tag]: tag }], tags: [tag] })
    )
    await writeDockerArchive(path(), images)
    await expect(openTestArchive(path(), 'ex.com/x')).rejects.toThrow(/matches several images/)
  })

  test('rejects a reference that does not match the only image', async () => {
    await writeOciArchive(path(), [amd64])
    await expect(openTestArchive(path(), 'other:1')).rejects.toThrow(/does not match any image/)
  })

  test('matches the prefix localhost/ of images that podman built', async () => {
    const local = buildImage({ layers: [{ l: 'l' }], tags: ['localhost/app:1'] })
    await writeDockerArchive(path(), [a, local], 'podman')
    expect(asDocker(await openTestArchive(path(), 'app:1')).config.digest).toBe(local.configDigest)
  })

  test('lists an entry of manifest.json that is not in index.json as another image', async () => {
    await writeDockerArchive(path(), [a, b], 'docker25')
    const members = dockerMembers([untagged], 'docker25')
    const both = dockerMembers([a, b, untagged], 'docker25')
    const index = dockerMembers([a, b], 'docker25').find(({ name }) => name === 'index.json')!
    await writeTar(path(), [
      ...both.filter(({ name }) => name !== 'index.json'),
      index,
      ...members.filter(({ name }) => name.startsWith('blobs/'))
    ])
    await expect(openTestArchive(path())).rejects.toThrow(/contains 3 images/)
    const contents = await openTestArchive(path(), '#2')
    expect(asDocker(contents).config.digest).toBe(untagged.configDigest)
    const named = await openTestArchive(path(), 'ex.com/a:1')
    expect(asDocker(named).config.digest).toBe(a.configDigest)
  })

  test('lists at most twenty images in an error', async () => {
    const images = Array.from({ length: 25 }, (_, at) =>
      buildImage({ layers: [{ [at]: String(at) }], tags: [`ex.com/app:${at}`] })
    )
    await writeDockerArchive(path(), images)
    await expect(openTestArchive(path())).rejects.toThrow(/#19 ex\.com\/app:19, and 5 more\./)
  })
})

describe('OCI layouts with several manifests of one name', () => {
  const platforms = ['amd64', 'arm64'].map((architecture) =>
    buildImage({ layers: [{ architecture }], platform: { os: 'linux', architecture } })
  )
  const [first, second] = platforms.map(({ content }) => content.digest)

  /** Writes `index.json` as `crane pull --format=oci --annotate-ref --platform` does for each platform. */
  const write = (naming: 'name' | 'tag' | 'containerd', described = true): Promise<void> => {
    const reference = naming === 'tag' ? '1' : 'ex.com/app:1'
    const manifests = platforms.map(({ content, platform }) => ({
      ...descriptorOf(content),
      ...(described ? { platform } : {}),
      annotations: {
        'org.opencontainers.image.ref.name': naming === 'containerd' ? '1' : reference,
        ...(naming === 'containerd' ? { 'io.containerd.image.name': reference } : {})
      }
    }))
    return writeOciArchive(path(), platforms, { index: { manifests } })
  }

  test.each(['name', 'tag', 'containerd'] as const)(
    'are not one image, and the error contains how to select or to merge them (%s)',
    async (naming) => {
      await write(naming)
      const name = naming === 'tag' ? '1' : 'ex.com/app:1'
      const listed = `#0 ${name} (linux/amd64, ${first}), #1 ${name} (linux/arm64, ${second})`
      const rejected = expect(openTestArchive(path())).rejects
      await rejected.toThrow(`The archive contains ${listed}. Several manifests have the same name`)
      await expect(openTestArchive(path(), name)).rejects.toThrow(
        /matches several images of .*to the number or the digest of one of them\. .* in the input "tar"\.$/
      )
    }
  )

  test('are listed with their digests if index.json does not contain the platforms', async () => {
    await write('name', false)
    await expect(openTestArchive(path())).rejects.toThrow(
      `#0 ex.com/app:1 (${first}), #1 ex.com/app:1 (${second})`
    )
  })

  test.each(['#1', second])('are selected by number or digest (%s)', async (archiveImage) => {
    await write('name')
    const contents = await openTestArchive(path(), archiveImage)
    expect(asManifest(contents).digest).toBe(second)
    expect(contents.tags).toEqual(['1'])
  })

  test('do not change the names of the other images', async () => {
    const other = buildImage({ layers: [{ o: 'o' }], tags: ['ex.com/other:1'] })
    const same = platforms.map((image) => ({ ...image, tags: ['ex.com/app:1'] }))
    await writeOciArchive(path(), [...same, other])
    await expect(openTestArchive(path())).rejects.toThrow(/, #2 ex\.com\/other:1\. Several/)
    expect(asManifest(await openTestArchive(path(), 'ex.com/other:1')).digest).toBe(
      other.content.digest
    )
  })
})
