import { ApiError } from '../api-error.js'
import { digestOf } from '../digest.js'
import { deleteImages } from '../images/delete-images.js'
import { parseManifest } from '../images/parse-manifest.js'
import { storeImage } from '../images/store-image.js'
import type { StoreImageRequest } from '../images/store-image.js'
import { readBody } from '../read-body.js'
import type { Repository } from '../store/store.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { getImage } from './handle-manifest.js'
import { manifestUnknown, RegistryError, unsupported } from './registry-error.js'
import type { Route } from './route.js'

type ManifestRoute = Extract<Route, { kind: 'manifest' }>

/**
 * The maximum of ImageManifest in the API model, and the minimum that the OCI specification
 * requires.
 */
const MAX_MANIFEST_BYTES = 4_194_304

/**
 * Handles `PUT` of a manifest with the checks and errors of PutImage. An existing image is not an
 * error, because every repeated `docker push` sends one.
 */
export async function putManifest(call: RegistryCall, route: ManifestRoute): Promise<void> {
  const { request } = call
  const manifest = await readBody(request, MAX_MANIFEST_BYTES)
  if (manifest === undefined) {
    throw new RegistryError(
      'SIZE_INVALID',
      `A manifest can have at most ${MAX_MANIFEST_BYTES} bytes`,
      {
        status: 413
      }
    )
  }
  const repository = getRepository(call, route)
  checkMediaType(call, manifest)
  const isDigest = route.reference.includes(':')
  put(call, repository, {
    manifest,
    mediaType: request.headers['content-type']?.split(';', 1)[0]?.trim(),
    tag: isDigest ? undefined : route.reference,
    digest: isDigest ? route.reference : undefined
  })
  const digest = digestOf(manifest)
  const { subject } = getImage(repository, digest)
  send(call, 201, {
    location: `${call.origin}/v2/${route.alias}/${route.name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === undefined ? {} : { 'oci-subject': subject })
  })
}

/**
 * Checks that the manifest itself has a media type. The service ignores the one of the request
 * (containers/image#584, ko-build/ko#878).
 */
function checkMediaType({ context }: RegistryCall, manifest: Buffer): void {
  if (context.settings.manifestWithoutMediaType === 'accepted') return
  parseManifest(manifest.toString('utf8'), undefined)
}

function put({ context }: RegistryCall, repository: Repository, request: StoreImageRequest): void {
  try {
    storeImage(context, repository, request)
  } catch (error) {
    const isKnown = error instanceof ApiError && error.type === 'ImageAlreadyExistsException'
    if (!isKnown) throw error
  }
}

/** Handles `DELETE` of a manifest or tag with the semantics of BatchDeleteImage. */
export function deleteManifest(call: RegistryCall, route: ManifestRoute): void {
  const { context } = call
  const { reference } = route
  if (context.settings.manifestDelete === 'off') {
    throw unsupported()
  }
  const id = reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }
  const failure = deleteImages(context, getRepository(call, route), [id]).failures[0]
  if (failure === undefined) return send(call, 202)
  if (failure.failureCode === 'ImageNotFound') {
    throw manifestUnknown()
  }
  throw new RegistryError('UNSUPPORTED', failure.failureReason ?? '')
}
