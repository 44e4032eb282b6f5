import { problem } from '../../runner/errors.js'
import { sha256Digest } from '../../oci/digest.js'
import { MAX_LAYER_SIZE_BYTES } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import type { StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { readContent } from '../read-content.js'

/** The directory of all blobs. */
export const BLOB_DIRECTORY = 'blobs/sha256'

/** Returns the file name of a blob in an OCI layout (OCI image layout, "Blobs"). */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** Returns the digest in the file name of a blob, or `undefined` for any other file name. */
export function digestOfBlobName(name: string): string | undefined {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/**
 * Returns the digest in the file name of a config, or `undefined` for any other file name. Docker writes
 * `blobs/sha256/<hex>` or `<hex>.json`, and go-containerregistry (crane, kaniko) writes `sha256:<hex>`. Only the first
 * one is always the digest of the file (https://github.com/google/go-containerregistry/issues/1954).
 */
export function digestOfConfigName(name: string): string | undefined {
  const hex = /^(?:sha256:([0-9a-f]{64})|([0-9a-f]{64})\.json)$/.exec(name)?.slice(1).join('')
  return hex === undefined ? digestOfBlobName(name) : `sha256:${hex}`
}

/**
 * Returns the blob of a descriptor, or `undefined` if the archive does not contain it. Its bytes are not read. apko
 * writes blobs at the top level: manifests and configs as `sha256:<hex>`, and layers as `<hex>.tar.gz`
 * (https://github.com/chainguard-dev/apko/blob/main/pkg/build/oci/index.go).
 *
 * @throws ActionError if its size is not the one in the descriptor, or is not supported by the service
 */
export async function findBlob(
  tree: FileTree,
  descriptor: Descriptor
): Promise<StoredContent | undefined> {
  const content =
    (await tree.find(blobName(descriptor.digest))) ?? (await findAtTop(tree, descriptor))
  if (content === undefined) return undefined
  if (content.size !== descriptor.size) {
    throw problem({
      what: `A blob in ${tree.path} does not have the size in its descriptor`,
      value: content.name,
      reason: `The file has ${content.size} bytes, and the descriptor specifies ${descriptor.size} bytes.`,
      fix: 'Create or download the archive again.'
    })
  }
  if (content.size === 0) {
    throw problem({
      what: `A blob in ${tree.path} is empty`,
      value: content.name,
      reason: 'ECR Public does not support empty blobs.',
      fix: 'Build the image or artifact without the empty layer or file.'
    })
  }
  checkLayerSize(content)
  return content
}

async function findAtTop(
  tree: FileTree,
  { digest }: Descriptor
): Promise<StoredContent | undefined> {
  if (tree.isDirectory) return undefined
  return (await tree.find(digest)) ?? tree.find(`${digest.slice('sha256:'.length)}.tar.gz`)
}

/** @throws ActionError if the stored layer is larger than the maximum size of a layer in ECR Public */
export function checkLayerSize(content: StoredContent): void {
  if (content.size <= MAX_LAYER_SIZE_BYTES) return
  throw problem({
    what: `A layer is too large for ECR Public (${content.size} bytes)`,
    value: content.name,
    expected: `The maximum size is ${MAX_LAYER_SIZE_BYTES / 1024 ** 2} MiB, a quota that cannot be increased.`,
    fix: 'Split the build step that creates the layer.'
  })
}

/** Reads a small blob. @throws ActionError if it is too large or does not hash to its digest */
export async function readBlob(
  content: StoredContent,
  digest: string,
  maxBytes: number
): Promise<Buffer> {
  const bytes = await readContent(content, maxBytes)
  const actual = sha256Digest(bytes)
  if (actual === digest) return bytes
  throw problem({
    what: 'A file of the archive is damaged',
    value: content.name,
    reason: `Its digest is ${actual} instead of ${digest}.`,
    fix: 'Create or download the archive again.'
  })
}
