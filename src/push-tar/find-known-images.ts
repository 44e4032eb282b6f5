import type { DockerImage } from '../image-archive/contents.js'
import { listImages } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import type { CurrentTag } from './list-current-tags.js'
import { NOTHING_KNOWN, readKnownImages } from './read-known-images.js'
import type { KnownImages } from './read-known-images.js'
import type { PushContext } from './push-context.js'
import type { PushTarget } from './resolve-target.js'

/** The maximum duration of the search in milliseconds. Uploading a layer does not take much longer. */
const SEARCH_MS = 10_000
/** The maximum number of pages of images that are listed. A page has 1,000 images. */
const MAX_PAGES = 3

type SearchDeps = Pick<Deps, 'api' | 'log' | 'signal'>

/**
 * Searches the images of the repository for layers of this image: first the images that the current tags refer to, then
 * `latest` and the newest images. Never fails: images that cannot be read are logged and ignored.
 */
export async function findKnownImages(
  image: DockerImage,
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  { compressor, layerApi }: PushContext,
  deps: SearchDeps & Pick<Deps, 'openRegistry'>
): Promise<KnownImages> {
  const { log, signal } = deps
  const tagged = new Set(
    currentTags.flatMap(({ digest }) => (digest === undefined ? [] : [digest]))
  )
  const { config, layers, annotations, platform } = image
  const imageToFind = {
    configDigest: config.digest,
    layers,
    annotations,
    platform,
    tagged,
    compression: compressor.compression
  }
  try {
    const registry = await deps.openRegistry(target.host)
    return await readKnownImages(listCandidates(tagged, target.address, deps), imageToFind, {
      log,
      signal,
      registry,
      path: target.path,
      check: (digests) => layerApi.check(digests),
      searchSignal: AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)])
    })
  } catch (error) {
    signal.throwIfAborted()
    log.info(`Not reusing layers: ${messageOf(error)}`)
    return NOTHING_KNOWN
  }
}

async function* listCandidates(
  tagged: ReadonlySet<string>,
  repository: RepositoryAddress,
  deps: SearchDeps
): AsyncGenerator<string, void, undefined> {
  yield* tagged
  const images: TaggedImage[] = []
  try {
    await collectTaggedImages(images, repository, deps)
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.info(`Not all images are searched for layers to reuse: ${messageOf(error)}`)
  }
  images.sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1))
  for (const { digest } of images) yield digest
}

interface TaggedImage {
  readonly digest: string
  /** In milliseconds since 1970. The largest number for `latest`. */
  readonly pushedAt: number
}

/** Adds the tagged images of the repository to `images`. If a page cannot be listed, the previous pages remain. */
async function collectTaggedImages(
  images: TaggedImage[],
  repository: RepositoryAddress,
  { api }: Pick<Deps, 'api'>
): Promise<void> {
  let pages = 0
  for await (const page of listImages(api, repository)) {
    for (const { imageDigest, imageTags = [], imagePushedAt } of page) {
      // Signatures and attestations do not have layers of images.
      const tags = imageTags.filter((tag) => findReferrerTagSubject(tag) === undefined)
      if (imageDigest === undefined || tags.length === 0) continue
      const isLatest = tags.includes('latest')
      const pushedAt = isLatest ? Number.MAX_VALUE : (imagePushedAt?.getTime() ?? 0)
      images.push({ digest: imageDigest, pushedAt })
    }
    if (++pages === MAX_PAGES) break
  }
}
