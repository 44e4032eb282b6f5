import type { StoredBlob, StoredIndex, StoredManifest } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { planStoredImage } from '../../src/push-tar/plan-stored-image.js'
import { makeContext } from './make-context.js'
import { createFakeService } from './upload/fake-service.js'

function blob(text: string): StoredBlob {
  const bytes = Buffer.from(text)
  return {
    descriptor: {
      mediaType: MEDIA_TYPES.ociLayer,
      digest: sha256Digest(bytes),
      size: bytes.length
    },
    content: {
      name: text,
      size: bytes.length,
      read: async function* () {
        yield await Promise.resolve(bytes)
      }
    }
  }
}

function manifest(name: string): StoredManifest {
  const bytes = Buffer.from(name)
  return {
    kind: 'stored-manifest',
    bytes,
    mediaType: MEDIA_TYPES.ociManifest,
    digest: sha256Digest(bytes),
    blobs: [blob(`config of ${name}`), blob(`layer of ${name}`)]
  }
}

function index(name: string, children: StoredIndex['children']): StoredIndex {
  const bytes = Buffer.from(name)
  return {
    kind: 'stored-index',
    bytes,
    mediaType: MEDIA_TYPES.ociIndex,
    digest: sha256Digest(bytes),
    children
  }
}

describe('a plan for a referrer that is an index', () => {
  const child = manifest('the signature')
  const referrer = index('the signatures', [index('nested', [child])])
  const root = manifest('the image')

  it('uploads the blobs of its manifests, and puts them before it', async () => {
    const plan = await planStoredImage(
      root,
      [referrer],
      [],
      makeContext(createFakeService(() => 'none'))
    )
    expect(plan.uploads).toEqual([...root.blobs, ...child.blobs])
    const { manifests, relatedManifests } = plan.compose(new Map())
    expect(manifests.referrers.map(({ digest }) => digest)).toEqual([
      child.digest,
      sha256Digest(Buffer.from('nested')),
      referrer.digest
    ])
    expect(relatedManifests).toEqual(
      [child.digest, sha256Digest(Buffer.from('nested')), referrer.digest].map((digest): unknown =>
        expect.objectContaining({ digest, isNew: true, isReferrer: true })
      )
    )
  })

  it('plans nothing if the repository has the image and the referrer', async () => {
    const context = makeContext(
      createFakeService(() => 'none'),
      {
        findImage: (digest) => Promise.resolve(digest)
      }
    )
    const plan = await planStoredImage(root, [referrer], [], context)
    expect(plan).toMatchObject({ isInRepository: true, uploads: [] })
    expect(plan.compose(new Map()).manifests).toMatchObject({ children: [], referrers: [] })
  })
})
