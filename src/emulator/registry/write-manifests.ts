import { ApiError } from '../api-error.js'
import { deleteImages } from '../images/delete-images.js'
import { digestOf, putImage } from '../images/put-image.js'
import type { PutImageRequest } from '../images/put-image.js'
import { readBody } from '../read-body.js'
import type { Repository } from '../store.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { getImage } from './manifests.js'
import { RegistryError } from './registry-error.js'
import type { Route } from './route.js'

type ManifestRoute = Extract<Route, { kind: 'manifest' }>

/** The API model's ImageManifest, and what the OCI specification asks registries to take at least. */
const MAX_MANIFEST_BYTES = 4_194_304

/**
 * Answers `PUT` of a manifest: it is PutImage by another way, with its checks and its errors. What is
 * there already is no error here, as every second `docker push` shows.
 */
export async function putManifest(exchange: Exchange, route: ManifestRoute): Promise<void> {
  const { request } = exchange
  const manifest = await readBody(request, MAX_MANIFEST_BYTES)
  if (manifest === undefined) {
    throw new RegistryError('SIZE_INVALID', `A manifest has at most ${MAX_MANIFEST_BYTES} bytes`, {
      status: 413
    })
  }
  const repository = getRepository(exchange, route)
  const isDigest = route.reference.includes(':')
  put(exchange, repository, {
    manifest,
    mediaType: request.headers['content-type']?.split(';', 1)[0]?.trim(),
    tag: isDigest ? undefined : route.reference,
    digest: isDigest ? route.reference : undefined
  })
  const digest = digestOf(manifest)
  const { subject } = getImage(repository, digest)
  send(exchange, 201, {
    location: `${exchange.origin}/v2/${route.alias}/${route.name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === undefined ? {} : { 'oci-subject': subject })
  })
}

function put({ context }: Exchange, repository: Repository, request: PutImageRequest): void {
  try {
    putImage(context, repository, request)
  } catch (error) {
    const isThere = error instanceof ApiError && error.type === 'ImageAlreadyExistsException'
    if (!isThere) throw error
  }
}

/** Answers `DELETE` of a manifest or tag: it is BatchDeleteImage by another way. */
export function deleteManifest(exchange: Exchange, route: ManifestRoute): void {
  const { context } = exchange
  const { reference } = route
  if (context.settings.manifestDelete === 'off') {
    throw new RegistryError('UNSUPPORTED', 'The operation is unsupported.')
  }
  const id = reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }
  const failure = deleteImages(context, getRepository(exchange, route), [id]).failures[0]
  if (failure === undefined) return send(exchange, 202)
  if (failure.failureCode === 'ImageNotFound') {
    throw new RegistryError('MANIFEST_UNKNOWN', 'Requested image not found')
  }
  throw new RegistryError('UNSUPPORTED', failure.failureReason ?? '')
}
