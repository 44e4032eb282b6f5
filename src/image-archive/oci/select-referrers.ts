import type { ReferrerTag, StoredIndex, StoredManifest } from '../contents.js'
import { isComplete } from './oci-graph.js'
import type { Loaded, LoadGraph } from './oci-graph.js'
import type { OciLayout } from './oci-layout.js'
import { toStoredImage } from './oci-image.js'

/** The referrers of an image that are pushed. */
export interface SelectedReferrers {
  readonly referrers: readonly (StoredManifest | StoredIndex)[]
  readonly referrerTags: readonly ReferrerTag[]
  /** The digests of referrers whose blobs the archive does not contain. They are not pushed. */
  readonly incomplete: readonly string[]
}

/**
 * Selects the complete referrers (signatures, SBOMs, attestations) of an image, of its platform images, and of the
 * selected referrers.
 *
 * @param image the digests of the image and its platform images
 * @param listed all referrers that the layout lists
 */
export async function selectReferrers(
  image: readonly string[],
  listed: Pick<OciLayout, 'referrers' | 'taggedReferrers'>,
  load: LoadGraph
): Promise<SelectedReferrers> {
  const digests = new Set(image)
  const selected = new Map<string, StoredManifest | StoredIndex>()
  const referrerTags: ReferrerTag[] = []
  const incomplete = new Set<string>()
  const select = (each: Loaded): boolean => {
    const { digest } = each.descriptor
    if (isComplete(each)) selected.set(digest, toStoredImage(each))
    else incomplete.add(digest)
    return selected.has(digest)
  }
  for (const { descriptor, tag, subject } of listed.taggedReferrers) {
    const loaded = await load(descriptor)
    if (!digests.has(subject) || !select(loaded)) continue
    referrerTags.push({ tag, digest: descriptor.digest })
  }
  for (const { digest } of referrerTags) digests.add(digest)
  const loaded = new Map<string, Loaded>()
  for (const descriptor of listed.referrers) {
    for (const each of listWithSubject(await load(descriptor))) {
      // Attestations in the index of an image can have a subject, too.
      if (!image.includes(each.descriptor.digest)) loaded.set(each.descriptor.digest, each)
    }
  }
  // Repeats until no further referrer is found.
  for (let found = true; found;) {
    found = false
    for (const [digest, each] of loaded) {
      if (selected.has(digest) || !digests.has(subjectOf(each) ?? '') || !select(each)) continue
      digests.add(digest)
      found = true
    }
  }
  return { referrers: [...selected.values()], referrerTags, incomplete: [...incomplete] }
}

/** Returns a referrer, or the referrers in an index with a referrer tag. */
function listWithSubject(loaded: Loaded): Loaded[] {
  if (subjectOf(loaded) !== undefined || loaded.kind !== 'index') return [loaded]
  return loaded.children.flatMap(listWithSubject)
}

function subjectOf(loaded: Loaded): string | undefined {
  if (loaded.kind === 'absent') return undefined
  return (loaded.kind === 'index' ? loaded.subject : loaded.manifest.subject)?.digest
}
