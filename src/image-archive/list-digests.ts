import type { StoredIndex, StoredManifest } from './contents.js'

/** Lists the digests of an image and of all manifests below it. */
export function listDigests(image: StoredManifest | StoredIndex): string[] {
  if (image.kind === 'stored-manifest') return [image.digest]
  return [image.digest, ...image.children.flatMap(listDigests)]
}
