import type { Registry, ServedManifest } from '../../src/runner/deps.js'
import { readImageGraph } from '../../src/registry-client/read-image-graph.js'
import type { GraphQuestion, GraphReader, ManifestLinks } from '../../src/oci/image-graph.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { makeDeps } from '../helpers/make-deps.js'

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`
const descriptor = (letter: string, mediaType: string = MEDIA_TYPES.ociManifest) => ({
  mediaType,
  digest: digestOf(letter),
  size: 1
})

const INDEX = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociIndex,
  manifests: [descriptor('b'), descriptor('c')],
  subject: descriptor('d')
}

/** Creates a reader that asks these questions in turn and records the results. */
function readerOf(...questions: GraphQuestion[]) {
  const links = new Map<string, ManifestLinks | undefined>()
  const referrers = new Map<string, readonly string[] | 'unreadable' | undefined>()
  const reader: GraphReader = {
    ask: () => questions.shift(),
    isSettled: () => false,
    learnLinks: (digest, found) => void links.set(digest, found),
    learnReferrers: (digest, found) => void referrers.set(digest, found)
  }
  return { reader, links, referrers }
}

function repositoryOf(registry: Partial<Registry>, signal = new AbortController().signal) {
  const { log, lines } = makeDeps({ env: {} })
  return { registry: registry as Registry, path: 'a1/app', log, signal, lines }
}

const served = (json: unknown, mediaType: string): Promise<ServedManifest> =>
  Promise.resolve({ bytes: Buffer.from(JSON.stringify(json)), digest: 'x', mediaType })

describe('readImageGraph', () => {
  test('returns the children and the subject of an index', async () => {
    const { reader, links } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    await readImageGraph(
      reader,
      repositoryOf({ findManifest: () => served(INDEX, MEDIA_TYPES.ociIndex) })
    )
    expect(links.get(digestOf('a'))).toEqual({
      children: [digestOf('b'), digestOf('c')],
      subject: digestOf('d')
    })
  })

  test.each<[string, () => Promise<ServedManifest | undefined>]>([
    ['that does not exist', () => Promise.resolve(undefined)],
    ['that the registry refuses', () => Promise.reject(new Error('403'))],
    ['that is not a manifest', () => served([], MEDIA_TYPES.ociIndex)],
    ['with an unknown media type', () => served(INDEX, 'application/x')],
    [
      'that lists a descriptor without a digest',
      () => served({ ...INDEX, manifests: [{}] }, MEDIA_TYPES.ociIndex)
    ],
    [
      'with a list that is not an array',
      () => served({ ...INDEX, manifests: 'x' }, MEDIA_TYPES.ociIndex)
    ]
  ])('returns undefined for a manifest %s, and warns', async (name, findManifest) => {
    const { reader, links } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    const repository = repositoryOf({ findManifest })
    await readImageGraph(reader, repository)
    if (name === 'with an unknown media type') {
      // The media type in the JSON is valid.
      expect(links.get(digestOf('a'))?.children).toHaveLength(2)
      return
    }
    expect(links.has(digestOf('a'))).toBe(true)
    expect(links.get(digestOf('a'))).toBeUndefined()
    expect(repository.lines).toEqual([
      expect.stringMatching(/^warning: Cannot read the manifest a1\/app@sha256:a+: /)
    ])
  })

  test('returns referrers, undefined without the referrers API, and unreadable after an error', async () => {
    const digests = [digestOf('a'), digestOf('b'), digestOf('c')]
    const { reader, referrers } = readerOf({ kind: 'referrers', digests })
    const findReferrers: Registry['findReferrers'] = (_, digest) => {
      if (digest === digestOf('a')) return Promise.resolve([descriptor('e')])
      if (digest === digestOf('b')) return Promise.resolve(undefined)
      return Promise.reject(new Error('500'))
    }
    await readImageGraph(reader, repositoryOf({ findReferrers }))
    expect([...referrers.values()]).toEqual([[digestOf('e')], undefined, 'unreadable'])
  })

  test('stops reading when the reader is settled', async () => {
    const digests = ['a', 'b', 'c'].map(digestOf)
    const { reader, links } = readerOf({ kind: 'manifests', digests })
    let reads = 0
    const findManifest = (): Promise<undefined> => {
      reads++
      return Promise.resolve(undefined)
    }
    await readImageGraph({ ...reader, isSettled: () => reads > 0 }, repositoryOf({ findManifest }))
    expect(reads).toBe(1)
    expect([...links.keys()]).toEqual([digestOf('a')])
  })

  test('rejects if the run is cancelled', async () => {
    const cancellation = new AbortController()
    const { reader } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    const findManifest = (): Promise<undefined> => {
      cancellation.abort(new Error('cancelled'))
      return Promise.reject(new Error('aborted'))
    }
    await expect(
      readImageGraph(reader, repositoryOf({ findManifest }, cancellation.signal))
    ).rejects.toThrow('cancelled')
  })
})
