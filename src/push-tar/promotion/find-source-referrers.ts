import pLimit from 'p-limit'
import { listImages } from '../../ecr-public/listings.js'
import type { RepositoryAddress } from '../../ecr-public/listings.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { ReferrerTag } from '../../image-archive/contents.js'
import { listDigests } from '../../image-archive/list-digests.js'
import type { Deps } from '../../runner/deps.js'
import type { LoadSource, SourceRepository, StoredImage } from './source-graph.js'

/** The referrers of an image in its repository. */
export interface SourceReferrers {
  readonly referrers: readonly StoredImage[]
  readonly referrerTags: readonly ReferrerTag[]
}

/** The number of images whose referrers are listed in parallel. */
const CONCURRENCY = 8

/**
 * Finds the referrers of an image, of its platform images and of the referrers themselves, by the referrers API and by
 * referrer tags.
 *
 * @throws ActionError if a list cannot be read, because an image must not lose its signatures
 */
export async function findSourceReferrers(
  image: StoredImage,
  source: SourceRepository & { readonly address: RepositoryAddress },
  load: LoadSource,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<SourceReferrers> {
  const tags = await listReferrerTags(source.address, deps)
  const referrers = new Map<string, StoredImage>()
  const referrerTags: ReferrerTag[] = []
  const limit = pLimit(CONCURRENCY)
  const listed = new Set<string>()
  for (let subjects = listDigests(image); subjects.length > 0;) {
    for (const subject of subjects) listed.add(subject)
    const found = await limit.map(subjects, async (subject) => {
      const byApi = (await source.registry.findReferrers(source.path, subject)) ?? []
      const byTag = tags.get(subject) ?? []
      return { byApi, byTag }
    })
    const next = new Set<string>()
    for (const { digest } of found.flatMap(({ byApi, byTag }) => [...byApi, ...byTag])) {
      if (listed.has(digest) || referrers.has(digest)) continue
      const referrer = await load(digest)
      if (referrer === undefined) {
        deps.log.warning(
          `A referrer is not copied because the registry does not have it: ${digest}`
        )
        continue
      }
      referrers.set(digest, referrer)
      for (const each of listDigests(referrer)) if (!listed.has(each)) next.add(each)
    }
    referrerTags.push(...found.flatMap(({ byTag }) => byTag))
    subjects = [...next]
  }
  const copied = new Set([...referrers.values()].flatMap(listDigests))
  return {
    referrers: [...referrers.values()],
    referrerTags: referrerTags.filter(({ digest }) => copied.has(digest))
  }
}

/** Lists the referrer tags of a repository by the digests that they name. */
async function listReferrerTags(
  repository: RepositoryAddress,
  { api }: Pick<Deps, 'api'>
): Promise<ReadonlyMap<string, readonly ReferrerTag[]>> {
  const tags = new Map<string, ReferrerTag[]>()
  for await (const page of listImages(api, repository)) {
    for (const { imageDigest: digest, imageTags = [] } of page) {
      for (const tag of imageTags) {
        const subject = findReferrerTagSubject(tag)
        if (subject === undefined || digest === undefined) continue
        tags.set(subject, [...(tags.get(subject) ?? []), { tag, digest }])
      }
    }
  }
  return tags
}
