import type { DockerImage } from '../image-archive/contents.js'
import { listImages } from '../ecr-public/listings.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'
import { messageOf } from '../runner/errors.js'
import { NOTHING_KNOWN, readKnownImages } from './known-images.js'
import type { KnownImages } from './known-images.js'
import type { PushSession } from './push-session.js'
import type { TagState } from './tag-decisions.js'

/** How long the search may take, in milliseconds; uploading a layer is not much slower. */
const SEARCH_MS = 10_000
/** How many pages of images are looked at for the newest ones; a page has 1,000. */
const MAX_PAGES = 3

/**
 * Looks at the repository's images for layers of this one: at what the tags name now, then at `latest`
 * and the newest others. Never fails a push: what cannot be read is not known.
 */
export async function findKnownImages(
  image: DockerImage,
  states: readonly TagState[],
  session: PushSession
): Promise<KnownImages> {
  const { deps, inputs, target } = session
  if (!inputs.reuseLayers) return NOTHING_KNOWN
  const namedNow = new Set(states.flatMap(({ digest }) => (digest === undefined ? [] : [digest])))
  const wanted = {
    configDigest: image.config.digest,
    layers: image.layers,
    annotations: image.annotations,
    platform: image.platform,
    namedNow
  }
  try {
    const registry = await deps.openRegistry(target.host)
    return await readKnownImages(candidates(namedNow, session), wanted, {
      deps,
      registry,
      path: target.path,
      compression: inputs.compression,
      signal: AbortSignal.any([deps.signal, AbortSignal.timeout(SEARCH_MS)])
    })
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.info(`No layers are reused: ${messageOf(error)}`)
    return NOTHING_KNOWN
  }
}

async function* candidates(
  namedNow: ReadonlySet<string>,
  { deps, target }: PushSession
): AsyncGenerator<string, void, undefined> {
  yield* namedNow
  const tagged: TaggedImage[] = []
  try {
    await listTagged(tagged, { deps, target })
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.info(`Not all images are looked at for layers: ${messageOf(error)}`)
  }
  tagged.sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1))
  for (const { digest } of tagged) yield digest
}

/** An image with tags that people gave it. */
interface TaggedImage {
  readonly digest: string
  /** In milliseconds; the largest number for `latest`. */
  readonly pushedAt: number
}

/** Adds the images of the repository, as many as can be listed. */
async function listTagged(
  tagged: TaggedImage[],
  { deps, target }: Pick<PushSession, 'deps' | 'target'>
): Promise<void> {
  let pages = 0
  for await (const page of listImages(deps.api, target.address)) {
    for (const { imageDigest, imageTags = [], imagePushedAt } of page) {
      const tags = imageTags.filter((tag) => findReferrerTagSubject(tag) === undefined)
      if (imageDigest === undefined || tags.length === 0) continue
      const isLatest = tags.includes('latest')
      const pushedAt = isLatest ? Number.MAX_VALUE : (imagePushedAt?.getTime() ?? 0)
      tagged.push({ digest: imageDigest, pushedAt })
    }
    if (++pages === MAX_PAGES) break
  }
}
