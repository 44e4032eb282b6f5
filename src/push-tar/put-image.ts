import { DescribeImagesCommand, PutImageCommand } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { isWorthRetrying } from '../ecr-public/retry-strategy.js'
import { messageOf, problem } from '../runner/errors.js'

/** A manifest on its way to the registry. */
export interface ManifestToPut {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
}

/** Thrown where a manifest names layers that the registry, asked before, said it has. */
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
 * Puts a manifest, under a tag or by its digest alone. One that is there already is no error; where the
 * answer leaves open whether it is, the service is asked.
 *
 * @throws LayersMissingError, or what the service answers
 */
export async function putImage(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  manifest: ManifestToPut,
  tag?: string
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
    const stored = image?.imageId?.imageDigest
    if (stored === undefined || stored === digest) return
    throw problem({
      what: 'The service stored the manifest under another digest than it has',
      value: stored,
      expected: digest
    })
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'ImageAlreadyExistsException') return
    if (name === 'LayersNotFoundException') {
      // Where the message names none, it may be any of the manifest.
      const [named, all] = [messageOf(error), bytes.toString('utf8')].map((text) =>
        text.match(/sha256:[0-9a-f]{64}/g)
      )
      throw new LayersMissingError(named ?? all ?? [], error)
    }
    const isOpen =
      isWorthRetrying(error) && !(error instanceof Error && error.name === 'ActionError')
    if (isOpen && (await findDigest(api, repository, tag ?? digest)) === digest) return
    throw error
  }
}

/** The digest of the image that a tag or digest names, or `undefined` where there is none. */
export async function findDigest(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  reference: string
): Promise<string | undefined> {
  const imageId = reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }
  try {
    const { imageDetails } = await api.send(
      new DescribeImagesCommand({ ...repository, imageIds: [imageId] })
    )
    return imageDetails?.[0]?.imageDigest
  } catch (error) {
    if (error instanceof Error && error.name === 'ImageNotFoundException') return undefined
    throw error
  }
}
