import type { Image, Repository } from '../store/store.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { manifestUnknown } from './registry-error.js'
import type { Route } from './route.js'

type ManifestRoute = Extract<Route, { kind: 'manifest' }>

/**
 * Handles GET and HEAD of a manifest by tag or digest. The `Accept` header is ignored: a conversion
 * would change the digest, and the service only converts to schema 1, which current clients do not
 * request.
 */
export function handleManifest(call: RegistryCall, route: ManifestRoute): void {
  const { context, request } = call
  const image = getImage(getRepository(call, route), route.reference)
  const bytes = context.store.blobs.read(image.digest)
  const hasDigest = request.method === 'HEAD' || context.settings.digestOnManifestGet === 'present'
  send(
    call,
    200,
    {
      'content-type': image.mediaType,
      ...(hasDigest ? { 'docker-content-digest': image.digest } : {})
    },
    bytes
  )
}

/**
 * Returns the image of a tag or digest.
 *
 * @throws RegistryError `MANIFEST_UNKNOWN`
 */
export function getImage(repository: Repository, reference: string): Image {
  const image = findImage(repository, reference)
  if (image === undefined) throw manifestUnknown()
  return image
}

/** Returns the image of a tag or digest, or `undefined` if it does not exist. */
export function findImage(repository: Repository, reference: string): Image | undefined {
  // A digest contains a colon, a tag never does.
  const digest = reference.includes(':') ? reference : repository.tags.get(reference)?.digest
  return digest === undefined ? undefined : repository.images.get(digest)
}
