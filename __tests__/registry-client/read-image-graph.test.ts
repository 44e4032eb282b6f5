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

/** Asks the questions one after the other, and keeps what it is told. */
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

function sourceOf(registry: Partial<Registry>, signal = new AbortController().signal) {
  const { log, lines } = makeDeps({ env: {} })
  return { registry: registry as Registry, path: 'a1/app', log, signal, lines }
}

const served = (json: unknown, mediaType: string): Promise<ServedManifest> =>
  Promise.resolve({ bytes: Buffer.from(JSON.stringify(json)), digest: 'x', mediaType })

describe('readImageGraph', () => {
  test('tells what an index lists and what it refers to', async () => {
    const { reader, links } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    await readImageGraph(
      reader,
      sourceOf({ findManifest: () => served(INDEX, MEDIA_TYPES.ociIndex) })
    )
    expect(links.get(digestOf('a'))).toEqual({
      children: [digestOf('b'), digestOf('c')],
      subject: digestOf('d')
    })
  })

  test.each<[string, () => Promise<ServedManifest | undefined>]>([
    ['that is not there', () => Promise.resolve(undefined)],
    ['that is refused', () => Promise.reject(new Error('403'))],
    ['that is no manifest', () => served([], MEDIA_TYPES.ociIndex)],
    ['of a type that is not known', () => served(INDEX, 'application/x')],
    [
      'that lists what has no digest',
      () => served({ ...INDEX, manifests: [{}] }, MEDIA_TYPES.ociIndex)
    ],
    ['whose list is none', () => served({ ...INDEX, manifests: 'x' }, MEDIA_TYPES.ociIndex)]
  ])('a manifest %s is told as unreadable, with a warning', async (name, findManifest) => {
    const { reader, links } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    const source = sourceOf({ findManifest })
    await readImageGraph(reader, source)
    if (name === 'of a type that is not known') {
      // The JSON itself still says what it is.
      expect(links.get(digestOf('a'))?.children).toHaveLength(2)
      return
    }
    expect(links.has(digestOf('a'))).toBe(true)
    expect(links.get(digestOf('a'))).toBeUndefined()
    expect(source.lines).toEqual([
      expect.stringMatching(/^warning: Manifest a1\/app@sha256:a+ could not/)
    ])
  })

  test('tells what refers to a manifest, that the registry cannot tell, and that it failed to', async () => {
    const digests = [digestOf('a'), digestOf('b'), digestOf('c')]
    const { reader, referrers } = readerOf({ kind: 'referrers', digests })
    const findReferrers: Registry['findReferrers'] = (_, digest) => {
      if (digest === digestOf('a')) return Promise.resolve([descriptor('e')])
      if (digest === digestOf('b')) return Promise.resolve(undefined)
      return Promise.reject(new Error('500'))
    }
    await readImageGraph(reader, sourceOf({ findReferrers }))
    expect([...referrers.values()]).toEqual([[digestOf('e')], undefined, 'unreadable'])
  })

  test('nothing more is read once no answer matters', async () => {
    const digests = ['a', 'b', 'c'].map(digestOf)
    const { reader, links } = readerOf({ kind: 'manifests', digests })
    let reads = 0
    const findManifest = (): Promise<undefined> => {
      reads++
      return Promise.resolve(undefined)
    }
    await readImageGraph({ ...reader, isSettled: () => reads > 0 }, sourceOf({ findManifest }))
    expect(reads).toBe(1)
    expect([...links.keys()]).toEqual([digestOf('a')])
  })

  test('a cancelled run ends', async () => {
    const cancellation = new AbortController()
    const { reader } = readerOf({ kind: 'manifests', digests: [digestOf('a')] })
    const findManifest = (): Promise<undefined> => {
      cancellation.abort(new Error('cancelled'))
      return Promise.reject(new Error('aborted'))
    }
    await expect(
      readImageGraph(reader, sourceOf({ findManifest }, cancellation.signal))
    ).rejects.toThrow('cancelled')
  })
})
