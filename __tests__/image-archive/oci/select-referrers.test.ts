import { join } from 'node:path'
import {
  buildImage,
  buildIndex,
  buildPlatforms,
  descriptorOf,
  writeOciArchive
} from '../../helpers/archives.js'
import type { TestBlob } from '../../helpers/archives.js'
import {
  asDocker,
  asIndex,
  asManifest,
  openTestArchive,
  useDirectory
} from '../../helpers/read-archive.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const { arm64, multi } = buildPlatforms()

describe('referrers', () => {
  test('selects signatures, their referrers, and the referrers in a list with a referrer tag', async () => {
    const refer = (name: string, to: TestBlob): ReturnType<typeof buildImage> =>
      buildImage({
        layers: [{ [name]: name }],
        tags: [],
        manifest: { subject: descriptorOf(to), artifactType: 'application/example' }
      })
    const signature = refer('signature', arm64.content)
    const countersignature = refer('countersignature', signature.content)
    const unrelated = refer('unrelated', buildImage({ layers: [] }).content)
    const sbom = refer('sbom', multi.content)
    const fallback = buildIndex([sbom], {
      tags: [`ex.com/app:${multi.content.digest.replace(':', '-')}`]
    })
    await writeOciArchive(path(), [countersignature, unrelated, signature, fallback, multi])
    const contents = await openTestArchive(path())
    expect(asIndex(contents).digest).toBe(multi.content.digest)
    expect(contents.tags).toEqual(['1'])
    expect(contents.referrers?.map(({ digest }) => digest).sort()).toEqual(
      [signature, countersignature, sbom].map((each) => each.content.digest).sort()
    )
  })

  test.each([
    ['with a subject', { subject: descriptorOf(multi.content) }, []],
    ['with a tag of cosign', {}, [`ex.com/app:${multi.content.digest.replace(':', '-')}.sig`]]
  ])('omits an incomplete signature %s, and warns', async (_name, manifest, tags) => {
    const signature = buildImage({ layers: [{ signature: 'signature' }], tags, manifest })
    const without = [signature.layers[0]!.digest]
    await writeOciArchive(path(), [multi, signature], { without })
    const contents = await openTestArchive(path())
    expect(contents).toMatchObject({ referrers: [], referrerTags: [] })
    expect(contents.warnings).toEqual([
      `The referrer ${signature.content.digest} of the image, such as a signature, is not pushed, because the archive does not contain all of its blobs. Create the archive again.`
    ])
  })

  test('omits the signature of an image whose digest changes, and warns', async () => {
    const uncompressed = buildImage({ compression: 'none' })
    const signature = buildImage({
      layers: [{ signature: 'signature' }],
      tags: [],
      manifest: { subject: descriptorOf(uncompressed.content) }
    })
    await writeOciArchive(path(), [uncompressed, signature])
    const contents = await openTestArchive(path())
    expect(asDocker(contents).config.digest).toBe(uncompressed.configDigest)
    expect(contents.referrers).toEqual([])
    expect(contents.warnings).toEqual([
      expect.stringMatching(/^The referrers of the image .* are not pushed/)
    ])
  })

  test('treats an entry with the subject null as an image', async () => {
    const [one, other] = ['1', '2'].map((a) =>
      buildImage({ layers: [{ a }], tags: [], manifest: { subject: null } })
    )
    await writeOciArchive(path(), [one!, other!])
    await expect(openTestArchive(path())).rejects.toThrow(/contains 2 images/)
  })

  test('treats a referrer as an image if it is the only entry', async () => {
    const alone = buildImage({ tags: [], manifest: { subject: descriptorOf(arm64.content) } })
    await writeOciArchive(path(), [alone])
    expect(asManifest(await openTestArchive(path())).digest).toBe(alone.content.digest)
  })
})
