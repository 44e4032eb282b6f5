import { ActionError } from '../../runner/errors.js'
import { MAX_MANIFEST_BYTES, parseManifest } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import type { FileTree } from '../file-tree.js'
import { readContent, readStart } from '../read-content.js'
import { BLOB_DIRECTORY, digestOfBlobName } from './blob.js'

/**
 * Finds the referrers in a layout among its blobs. cosign 3 saves the signatures of an image without listing them in
 * `index.json` (https://github.com/sigstore/cosign/issues/4695).
 */
export async function findUnlistedReferrers(tree: FileTree): Promise<Descriptor[]> {
  const referrers: Descriptor[] = []
  for (const name of await tree.listDirectory(BLOB_DIRECTORY)) {
    const digest = digestOfBlobName(name)
    const referrer = digest === undefined ? undefined : await findReferrer(tree, name, digest)
    if (referrer !== undefined) referrers.push(referrer)
  }
  return referrers
}

/** Returns the descriptor of a blob that is a manifest or index with a subject. Its digest is checked when it is loaded. */
async function findReferrer(
  tree: FileTree,
  name: string,
  digest: string
): Promise<Descriptor | undefined> {
  try {
    const content = await tree.find(name)
    if (content === undefined || content.size > MAX_MANIFEST_BYTES) return undefined
    if ((await readStart(content, 1)).toString() !== '{') return undefined
    const { mediaType, subject } = parseManifest(
      await readContent(content, MAX_MANIFEST_BYTES),
      name
    )
    return subject === undefined ? undefined : { mediaType, digest, size: content.size }
  } catch (error) {
    // Blobs of artifacts can be any files, such as statements of in-toto, which also have a subject.
    if (error instanceof ActionError) return undefined
    throw error
  }
}
