import { isSha256Digest } from '../digest.js'
import type { Layer } from '../store/store.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { notAuthorized, RegistryError, unsupported } from './registry-error.js'
import type { RepositoryPath, Route } from './route.js'
import { sendBlob } from './send-blob.js'
import { signBlobUrl } from './signed-blobs.js'

type BlobRoute = Extract<Route, { kind: 'blob' }>

/** Handles GET and HEAD of a blob: redirects to its signed URL, or sends the blob. */
export async function handleBlob(call: RegistryCall, route: BlobRoute): Promise<void> {
  const { context, request, response, origin, holder } = call
  const { settings, store } = context
  const isHead = request.method === 'HEAD'
  // public.ecr.aws returns 401 for every anonymous HEAD (aws/containers-roadmap#2671).
  if (isHead && holder === 'anonymous' && settings.anonymousBlobHead === 'refuse') {
    throw notAuthorized(origin)
  }
  const layer = getLayer(call, route)
  if (!isHead && settings.blobRedirect !== 'off') {
    send(call, 307, { location: signBlobUrl(layer.digest, call) })
    return
  }
  const headers = { 'docker-content-digest': layer.digest }
  const found = await sendBlob(request, response, store.blobs, layer.digest, headers)
  if (!found) throw blobUnknown(layer.digest, route)
}

/**
 * Rejects `DELETE` of a blob. The service does not have this operation, and the specification allows it.
 */
export function rejectBlobDeletion(): never {
  throw unsupported()
}

function getLayer(call: RegistryCall, route: BlobRoute): Layer {
  const repository = getRepository(call, route)
  checkDigest(route.digest)
  const layer = repository.layers.get(route.digest)
  if (layer === undefined) throw blobUnknown(route.digest, route)
  return layer
}

/**
 * Checks the digest of a request.
 *
 * @throws RegistryError `DIGEST_INVALID` if it is not a SHA-256 digest
 */
export function checkDigest(digest: string): void {
  if (isSha256Digest(digest)) return
  throw new RegistryError(
    'DIGEST_INVALID',
    `Invalid parameter at 'digest' failed to satisfy constraint: 'Member must satisfy regular expression pattern: sha256:[a-f0-9]{64}'`
  )
}

function blobUnknown(digest: string, { alias, name }: RepositoryPath): RegistryError {
  return new RegistryError(
    'BLOB_UNKNOWN',
    `The layer with digest '${digest}' does not exist in the repository with name '${name}' in the registry with id '${alias}'`
  )
}
