import type { Image, Repository } from '../store.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { RegistryError } from './registry-error.js'
import type { Route } from './route.js'

type ManifestRoute = Extract<Route, { kind: 'manifest' }>

/**
 * Answers GET and HEAD of a manifest, by tag or digest. What is stored is served as it is, whatever
 * `Accept` says: conversions change digests, and only to the schema 1 that no client asks for any more.
 */
export async function answerManifest(exchange: Exchange, route: ManifestRoute): Promise<void> {
  const { context, request } = exchange
  const image = getImage(getRepository(exchange, route), route.reference)
  const bytes = await context.store.blobs.read(image.digest)
  const saysDigest = request.method === 'HEAD' || context.settings.digestOnManifestGet === 'present'
  send(
    exchange,
    200,
    {
      'content-type': image.mediaType,
      ...(saysDigest ? { 'docker-content-digest': image.digest } : {})
    },
    bytes
  )
}

/** The image that a tag or digest names. @throws RegistryError `MANIFEST_UNKNOWN` */
export function getImage(repository: Repository, reference: string): Image {
  const image = findImage(repository, reference)
  if (image === undefined) throw new RegistryError('MANIFEST_UNKNOWN', 'Requested image not found')
  return image
}

/** The image that a tag or digest names. */
export function findImage(repository: Repository, reference: string): Image | undefined {
  // No tag has a colon in it, and no digest is without one.
  const digest = reference.includes(':') ? reference : repository.tags.get(reference)?.digest
  return digest === undefined ? undefined : repository.images.get(digest)
}
