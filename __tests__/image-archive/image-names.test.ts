import fc from 'fast-check'
import { join } from 'node:path'
import {
  attestationDescriptor,
  blobName,
  buildAttestation,
  buildImage,
  buildIndex,
  file,
  json,
  ociMembers
} from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { asIndex, openTestArchive, useDirectory } from '../helpers/read-archive.js'
import { isSoak } from '../helpers/counts.js'
import { writeTar } from '../helpers/tar-writer.js'
import type { TarMember } from '../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')

/** Images with the same config and layers for amd64, as rebuilds of one Dockerfile have them. */
const amd64 = buildImage({ tags: [] })
const arm64 = (content: string): TestImage =>
  buildImage({
    layers: [{ content }],
    tags: [],
    platform: { os: 'linux', architecture: 'arm64' }
  })
const edge1 = buildIndex([amd64, arm64('1')], { tags: ['acme/edge:1.0'] })
const edge2 = buildIndex([amd64, arm64('2')], { tags: ['acme/edge:2.0'] })

/** An entry of `manifest.json` for the amd64 image of containerd's archives. */
const entryOf = (image: TestImage, tags: readonly string[] | null): object => ({
  Config: blobName(image.configDigest),
  RepoTags: tags,
  Layers: image.layers.map((layer) => blobName(layer.digest))
})

async function writeContainerd(
  images: readonly (TestImage | TestIndex)[],
  manifest: readonly object[]
): Promise<void> {
  const members: TarMember[] = [...ociMembers(images), file('manifest.json', json(manifest))]
  await writeTar(path(), members)
}

describe('images with the same config', () => {
  const manifests: readonly (readonly [string, readonly object[]])[] = [
    ['once, under the last name', [entryOf(amd64, ['acme/edge:2.0'])]],
    ['once, under the first name', [entryOf(amd64, ['acme/edge:1.0'])]],
    ['once, under both names', [entryOf(amd64, ['acme/edge:1.0', 'acme/edge:2.0'])]],
    [
      'once per name',
      [entryOf(amd64, ['acme/edge:1.0']), entryOf(amd64, ['docker.io/acme/edge:2.0'])]
    ],
    ['without a name', [entryOf(amd64, null)]],
    ['with the placeholder for no name', [entryOf(amd64, ['<none>:<none>'])]]
  ]
  test.each(manifests)(
    'are chosen by name if manifest.json lists it %s',
    async (_name, manifest) => {
      for (const image of [edge1, edge2]) {
        await writeContainerd([edge1, edge2], manifest)
        const contents = await openTestArchive(path(), image.tags[0])
        expect(asIndex(contents).digest).toBe(image.content.digest)
        expect(contents.tags).toEqual([image.tags[0]!.slice(-3)])
      }
      await expect(openTestArchive(path())).rejects.toThrow(
        /contains 2 images: .* #0 .*acme\/edge:1\.0, #1 .*acme\/edge:2\.0\./
      )
    }
  )

  test('are not chosen by that config', async () => {
    const one = buildImage({ tags: ['ex.com/a:1'] })
    const other = { ...buildImage({ tags: ['ex.com/b:2'], manifest: { annotations: { a: 'b' } } }) }
    expect(one.configDigest).toBe(other.configDigest)
    await writeContainerd([one, other], [entryOf(one, ['ex.com/a:1', 'ex.com/b:2'])])
    await expect(openTestArchive(path(), one.configDigest)).rejects.toThrow(
      /matches several images of .*: "sha256:/
    )
  })

  test('are not tagged by each other if their common platform image is chosen', async () => {
    await writeContainerd([edge1, edge2], [entryOf(amd64, ['acme/edge:2.0'])])
    for (const digest of [amd64.content.digest, amd64.configDigest]) {
      const contents = await openTestArchive(path(), digest)
      expect(contents.root).toMatchObject({ digest: amd64.content.digest })
      expect(contents.tags).toEqual([])
    }
  })

  test('keep a name that only manifest.json lists for an image of its own', async () => {
    await writeContainerd([edge1, edge2], [entryOf(amd64, ['acme/edge:2.0', 'acme/edge:3.0'])])
    const contents = await openTestArchive(path(), 'acme/edge:3.0')
    expect(contents.root).toMatchObject({ kind: 'docker-image' })
    expect(contents.tags).toEqual(['3.0'])
  })

  test('differ by the attestations of a rebuild', async () => {
    const build = (tag: string): TestIndex => {
      const attestation = buildAttestation({
        ...amd64,
        content: { ...amd64.content, digest: `${amd64.content.digest}${tag}` }
      })
      return buildIndex([amd64, attestation], {
        tags: [tag],
        descriptors: [undefined, attestationDescriptor(amd64)]
      })
    }
    const [first, second] = [build('ex.com/app:1'), build('ex.com/other:1')]
    await writeContainerd([first, second], [entryOf(amd64, ['ex.com/other:1'])])
    expect(asIndex(await openTestArchive(path(), 'ex.com/app:1')).digest).toBe(first.content.digest)
    const other = await openTestArchive(path(), 'ex.com/other:1')
    expect(asIndex(other).digest).toBe(second.content.digest)
  })
})

test('rejects an archive with one name for different images', async () => {
  const other = buildImage({ layers: [{ other: 'other' }], tags: ['ex.com/app:1'] })
  const named = buildImage({ tags: ['ex.com/app:1'] })
  const members = [
    ...ociMembers([named], { blobs: other.layers.map((layer) => layer.blob) }),
    file(blobName(other.configDigest), other.config),
    file('manifest.json', json([entryOf(other, ['ex.com/app:1'])]))
  ]
  await writeTar(path(), members)
  await expect(openTestArchive(path())).rejects.toThrow(
    /contains different images with the same name: "ex\.com\/app:1"\. The config in manifest\.json/
  )
})

test('chooses the image with the given name if images of an archive share configs', async () => {
  const variants = ['a', 'b', 'c'].map((content) => buildImage({ layers: [{ content }], tags: [] }))
  const others = ['x', 'y', 'z'].map(arm64)
  const store = fc
    .array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 }), fc.constantFrom('ex.com/a', 'b')), {
      minLength: 1,
      maxLength: 6
    })
    .map((list) =>
      list.map(([first, second, repository], at) => {
        const tags = [`${repository}:${String(at)}`]
        const image = variants[first]!
        const other = others[second]
        return other === undefined
          ? buildIndex([image], { tags, index: { annotations: { at: String(second) } } })
          : buildIndex([image, other], { tags })
      })
    )
  /** containerd lists each platform image of the host once; which of its names it keeps depends on the version. */
  const listing = fc.constantFrom('last', 'first', 'all', 'none')
  await fc.assert(
    fc.asyncProperty(store, listing, fc.nat(), async (images, kept, pick) => {
      const byConfig = new Map<TestImage, string[]>()
      for (const { children, tags } of images) {
        const host = children[0] as TestImage
        byConfig.set(host, [...(byConfig.get(host) ?? []), ...tags])
      }
      const manifest = [...byConfig].map(([image, names]) =>
        entryOf(
          image,
          kept === 'none'
            ? null
            : kept === 'all'
              ? names
              : names.slice(kept === 'last' ? -1 : 0).slice(0, 1)
        )
      )
      await writeContainerd(images, manifest)
      const image = images[pick % images.length]!
      const contents = await openTestArchive(path(), image.tags[0])
      expect(asIndex(contents).digest).toBe(image.content.digest)
      const sameImage = images.filter((each) => each.content.digest === image.content.digest)
      expect([...contents.tags].sort()).toEqual(
        sameImage.map(({ tags }) => tags[0]!.slice(tags[0]!.indexOf(':') + 1)).sort()
      )
    }),
    { numRuns: isSoak ? 2000 : 100 }
  )
}, 600_000)
