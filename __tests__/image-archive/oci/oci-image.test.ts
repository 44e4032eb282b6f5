import { join } from 'node:path'
import { sha256Digest } from '../../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import {
  attestationDescriptor,
  blobsOf,
  buildImage,
  buildIndex,
  buildPlatforms,
  buildSociIndex,
  descriptorOf,
  json,
  sociDescriptor,
  writeOciArchive
} from '../../helpers/archives.js'
import { asIndex, asManifest, openTestArchive, useDirectory } from '../../helpers/read-archive.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const { amd64, arm64, attestation, multi } = buildPlatforms()

describe('images for several platforms', () => {
  test('returns a complete index byte for byte, with its children and attestations', async () => {
    await writeOciArchive(path(), [multi], { manifestJson: true })
    const contents = await openTestArchive(path())
    const root = asIndex(contents)
    expect(root).toMatchObject({ bytes: multi.content.bytes, digest: multi.content.digest })
    expect(root.children.map((child) => child.digest)).toEqual(
      [amd64, arm64, attestation].map((child) => child.content.digest)
    )
    expect(root.children[1]).toMatchObject({ platform: { architecture: 'arm64', variant: 'v8' } })
    expect(contents.tags).toEqual(['1'])
    expect(contents.warnings).toEqual([])
  })

  test('keeps a nested index', async () => {
    const outer = buildIndex([multi, amd64])
    await writeOciArchive(path(), [outer])
    const root = asIndex(await openTestArchive(path()))
    expect(root.children).toMatchObject([
      { kind: 'stored-index', digest: multi.content.digest },
      { kind: 'stored-manifest', digest: amd64.content.digest }
    ])
  })

  test('warns that the attestation of the only complete platform image is not pushed', async () => {
    const without = [...blobsOf(arm64).keys()]
    await writeOciArchive(path(), [multi], { manifestJson: true, without })
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.warnings).toEqual([
      'Only linux/amd64 of this image is pushed. The archive does not contain linux/arm64/v8.',
      'The attestation of this image is not pushed, because its index is not complete.'
    ])
  })

  test('selects the only complete platform image of an index, and warns', async () => {
    const without = [...blobsOf(arm64).keys(), ...blobsOf(attestation).keys()]
    await writeOciArchive(path(), [multi], { manifestJson: true, without })
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.tags).toEqual(['1'])
    expect(contents.warnings).toEqual([
      'Only linux/amd64 of this image is pushed. The archive does not contain linux/arm64/v8, an attestation.'
    ])
  })

  test('does not select an artifact that has the platform of its image', async () => {
    const soci = buildSociIndex(amd64)
    const index = buildIndex([amd64, arm64, soci, buildSociIndex(arm64)], {
      descriptors: [undefined, undefined, sociDescriptor(amd64), sociDescriptor(arm64)]
    })
    const without = [...blobsOf(arm64).keys(), ...blobsOf(buildSociIndex(arm64)).keys()].filter(
      (digest) => !blobsOf(soci).has(digest)
    )
    await writeOciArchive(path(), [index], { without })
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.warnings).toEqual([
      'Only linux/amd64 of this image is pushed. The archive does not contain linux/arm64/v8, an artifact.',
      'An artifact of this image is not pushed, because its index is not complete.'
    ])
  })

  test('does not select a platform image with a missing layer', async () => {
    await writeOciArchive(path(), [multi], { without: [arm64.layers[0]!.digest] })
    expect(asManifest(await openTestArchive(path())).digest).toBe(amd64.content.digest)
  })

  test('selects one of several complete platform images by its digest', async () => {
    const s390x = buildImage({
      layers: [{ z: 'z' }],
      platform: { os: 'linux', architecture: 's390x' }
    })
    const index = buildIndex([amd64, arm64, s390x])
    await writeOciArchive(path(), [index], { without: [s390x.configDigest] })
    await expect(openTestArchive(path())).rejects.toThrow(/Missing: linux\/s390x\./)
    const contents = await openTestArchive(path(), arm64.content.digest)
    expect(asManifest(contents).digest).toBe(arm64.content.digest)
    expect(contents.tags).toEqual(['1'])
  })

  test('uses index.json as the index of an image if it lists platforms without names', async () => {
    const children = [amd64, arm64].map((image) => ({
      ...descriptorOf(image.content),
      platform: image.platform
    }))
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: children }
    await writeOciArchive(path(), [amd64, arm64], { index })
    const contents = await openTestArchive(path())
    expect(asIndex(contents)).toMatchObject({
      bytes: json(index),
      digest: sha256Digest(json(index))
    })
    expect(contents.tags).toEqual([])
  })

  test('uses index.json as the index of an image with one platform and its attestation', async () => {
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [
        { ...descriptorOf(amd64.content), platform: amd64.platform },
        {
          ...descriptorOf(attestation.content),
          platform: attestation.platform,
          ...attestationDescriptor(amd64)
        }
      ]
    }
    await writeOciArchive(path(), [amd64, attestation], { index })
    const root = asIndex(await openTestArchive(path()))
    expect(root).toMatchObject({ mediaType: MEDIA_TYPES.ociIndex, bytes: json(index) })
  })
})
