import { problem } from '../../runner/errors.js'
import { sha256Digest } from '../../oci/digest.js'
import type { Descriptor } from '../../oci/manifest.js'
import type { StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { readWhole } from '../read-json.js'

/**
 * The most bytes of a layer in MiB: the service's quota, which cannot be raised
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html).
 */
const MAX_LAYER_MIB = 10_000

/** Where an OCI layout keeps a blob (OCI image layout, "Blobs"). */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** The digest that a blob's name in an OCI layout promises, or `undefined` where the name is another. */
export function digestOfBlobName(name: string): string | undefined {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/**
 * The blob of a descriptor, or `undefined` where the archive does not hold it. Its bytes are not read.
 *
 * @throws ActionError where its size is another than the descriptor's, or one that the service does not take
 */
export async function findBlob(
  tree: FileTree,
  descriptor: Descriptor
): Promise<StoredContent | undefined> {
  const content = await tree.find(blobName(descriptor.digest))
  if (content === undefined) return undefined
  if (content.size !== descriptor.size) {
    throw problem({
      what: `${tree.path} has a blob of ${content.size} bytes where ${descriptor.size} were announced`,
      value: content.name,
      fix: 'write or download the archive again'
    })
  }
  if (content.size === 0) {
    throw problem({
      what: `${tree.path} has a blob without bytes, which ECR Public does not take`,
      value: content.name
    })
  }
  checkLayerSize(content)
  return content
}

/** @throws ActionError where a layer is larger than ECR Public takes as it is stored */
export function checkLayerSize(content: StoredContent): void {
  if (content.size <= MAX_LAYER_MIB * 1024 ** 2) return
  throw problem({
    what: `A layer is larger than ECR Public takes: ${content.size} bytes`,
    value: content.name,
    expected: `at most ${MAX_LAYER_MIB} MiB (a quota that cannot be raised)`,
    fix: 'split the step that makes it'
  })
}

/** The bytes of a small blob. @throws ActionError where they do not hash to the digest that names them */
export async function readBlob(
  content: StoredContent,
  digest: string,
  maxBytes: number
): Promise<Buffer> {
  const bytes = await readWhole(content, maxBytes)
  const actual = sha256Digest(bytes)
  if (actual === digest) return bytes
  throw problem({
    what: `${content.name} is damaged: its bytes hash to another digest than its name`,
    value: actual,
    expected: digest,
    fix: 'write or download the archive again'
  })
}
