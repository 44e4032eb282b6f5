import { PutImageCommand } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { isWorthRetrying } from '../ecr-public/retry-strategy.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { messageOf, problem } from '../runner/errors.js'
import { findDigest } from './list-current-tags.js'

/** A manifest or index to put. */
export interface ManifestToPut {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
}

/** A manifest of an index to put. */
export interface ChildToPut extends ManifestToPut {
  /** `true` if the repository has it. It is put only if the service does not find it. */
  readonly isFound: boolean
}

/** The manifests of an image, in the order in which they are put. */
export interface ManifestsToPut {
  /** The manifests of an index, nested ones first. They are put by digest, without a tag. */
  readonly children: readonly ChildToPut[]
  readonly root: ManifestToPut
  /** The referrers of the image. They are put by digest, without a tag. */
  readonly referrers: readonly ManifestToPut[]
}

/** Thrown if the service does not find layers of a manifest that it reported as available. */
export class LayersMissingError extends Error {
  override readonly name = 'LayersMissingError'

  constructor(
    readonly digests: readonly string[],
    cause: unknown
  ) {
    super(messageOf(cause), { cause })
  }
}

/**
 * Puts all manifests of an image: the children that the repository does not have, the root under each tag, and the
 * referrers. No tag refers to an incomplete image at any time.
 *
 * @param tags the tags to set. `undefined` puts the root by its digest. If there are none, the root is not put
 * @throws LayersMissingError if the service does not find layers of a manifest
 */
export async function putManifests(
  { children, root, referrers }: ManifestsToPut,
  tags: readonly (string | undefined)[],
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<void> {
  const putUntagged = async (manifests: readonly ManifestToPut[]): Promise<void> => {
    for (const manifest of manifests) await putImage(manifest, undefined, repository, api)
  }
  await putUntagged(children.filter(({ isFound }) => !isFound))
  for (const tag of tags) {
    try {
      await putImage(root, tag, repository, api)
    } catch (error) {
      if (nameOf(error) !== 'ReferencedImagesNotFoundException') throw error
      // The service may not find manifests immediately after it stored them, and another job can delete the ones that were found.
      await putUntagged(children)
      await putImage(root, tag, repository, api)
    }
  }
  await putUntagged(referrers)
}

/** Puts a manifest under a tag, or by its digest alone (`undefined`). It is not an error if the repository already has it. */
export async function putImage(
  manifest: ManifestToPut,
  tag: string | undefined,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<void> {
  const { bytes, mediaType, digest } = manifest
  try {
    const { image } = await api.send(
      new PutImageCommand({
        ...repository,
        imageManifest: bytes.toString('utf8'),
        imageManifestMediaType: mediaType,
        imageDigest: digest,
        ...(tag === undefined ? {} : { imageTag: tag })
      })
    )
    checkStoredDigest(image?.imageId?.imageDigest, digest)
  } catch (error) {
    const name = nameOf(error)
    if (name === 'ImageAlreadyExistsException') return
    if (name === 'LayersNotFoundException') throw layersMissing(error, bytes)
    if (name === 'InvalidParameterException' && /imageManifest/i.test(messageOf(error))) {
      throw rejected(error, manifest)
    }
    // After a broken connection or a server error, the manifest may have been stored.
    const isOutcomeUnknown = isWorthRetrying(error) && name !== 'ActionError'
    if (isOutcomeUnknown && (await findDigest(tag ?? digest, repository, api)) === digest) return
    throw error
  }
}

function checkStoredDigest(stored: string | undefined, digest: string): void {
  if (stored === undefined || stored === digest) return
  throw problem({
    what: 'ECR Public stored the manifest under a wrong digest',
    value: stored,
    expected: `The digest of the manifest is ${digest}.`
  })
}

/** Names the manifest, because the service does not, and a push can put many. */
function rejected(error: unknown, { digest, mediaType }: ManifestToPut): Error {
  return problem(
    {
      what: 'ECR Public rejected a manifest',
      value: digest,
      reason: `The media type of the manifest is ${mediaType}. The service responded: "${messageOf(error)}".`,
      fix: 'If it is an attestation or a signature, create the archive without it. Otherwise, build the image again, or convert it with "skopeo copy".'
    },
    error
  )
}

function layersMissing(error: unknown, manifest: Buffer): LayersMissingError {
  const listDigests = (text: string): string[] | null => text.match(/sha256:[0-9a-f]{64}/g)
  // If the message does not list the layers, any layer of the manifest may be missing.
  const digests = listDigests(messageOf(error)) ?? listDigests(manifest.toString('utf8'))
  return new LayersMissingError(digests ?? [], error)
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}
