import type { Descriptor } from '../../oci/manifest.js'
import type { StoredIndex, StoredManifest } from '../contents.js'
import { isComplete } from './oci-graph.js'
import type { Loaded, LoadGraph } from './oci-graph.js'
import { storedImage } from './oci-image.js'

/**
 * What refers to an image, to a part of it, or to another referrer: signatures, SBOMs, attestations that
 * the archive lists beside the image. What is not complete is left out.
 *
 * @param image the digests of the image and its parts
 * @param companions the entries of the layout that are no images of their own
 */
export async function listReferrers(
  image: readonly string[],
  companions: readonly Descriptor[],
  load: LoadGraph
): Promise<(StoredManifest | StoredIndex)[]> {
  const open = new Map<string, Loaded>()
  for (const companion of companions) {
    for (const each of listSubjects(await load(companion))) open.set(each.descriptor.digest, each)
  }
  const digests = new Set(image)
  const referrers = new Map<string, StoredManifest | StoredIndex>()
  // Every round finds at least one or is the last.
  for (let found = true; found;) {
    found = false
    for (const [digest, each] of open) {
      if (referrers.has(digest) || !digests.has(subjectOf(each) ?? '') || !isComplete(each))
        continue
      referrers.set(digest, storedImage(each))
      digests.add(digest)
      found = true
    }
  }
  return [...referrers.values()]
}

/** A referrer itself, or the referrers in the list of them that stands in for a registry's own. */
function listSubjects(loaded: Loaded): Loaded[] {
  if (subjectOf(loaded) !== undefined || loaded.kind !== 'index') return [loaded]
  return loaded.children.flatMap(listSubjects)
}

function subjectOf(loaded: Loaded): string | undefined {
  if (loaded.kind === 'absent') return undefined
  return (loaded.kind === 'index' ? loaded.subject : loaded.manifest.subject)?.digest
}

/** The digests of an image and of all its parts. */
export function listDigests(root: StoredManifest | StoredIndex): string[] {
  if (root.kind === 'stored-manifest') return [root.digest]
  return [root.digest, ...root.children.flatMap(listDigests)]
}
