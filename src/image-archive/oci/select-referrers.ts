import type { Descriptor } from '../../oci/manifest.js'
import type { StoredIndex, StoredManifest } from '../contents.js'
import { isComplete } from './oci-graph.js'
import type { Loaded, LoadGraph } from './oci-graph.js'
import { toStoredImage } from './oci-image.js'

/**
 * Selects the complete referrers (signatures, SBOMs, attestations) of an image, of its platform images, and of the
 * selected referrers.
 *
 * @param image the digests of the image and its platform images
 * @param listed all referrers that the layout lists
 */
export async function selectReferrers(
  image: readonly string[],
  listed: readonly Descriptor[],
  load: LoadGraph
): Promise<(StoredManifest | StoredIndex)[]> {
  const loaded = new Map<string, Loaded>()
  for (const descriptor of listed) {
    for (const each of listWithSubject(await load(descriptor))) {
      loaded.set(each.descriptor.digest, each)
    }
  }
  const digests = new Set(image)
  const referrers = new Map<string, StoredManifest | StoredIndex>()
  // Repeats until no further referrer is found.
  for (let found = true; found;) {
    found = false
    for (const [digest, each] of loaded) {
      if (referrers.has(digest) || !digests.has(subjectOf(each) ?? '') || !isComplete(each))
        continue
      referrers.set(digest, toStoredImage(each))
      digests.add(digest)
      found = true
    }
  }
  return [...referrers.values()]
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

/** Lists the digests of an image and of its platform images. */
export function listDigests(root: StoredManifest | StoredIndex): string[] {
  if (root.kind === 'stored-manifest') return [root.digest]
  return [root.digest, ...root.children.flatMap(listDigests)]
}
