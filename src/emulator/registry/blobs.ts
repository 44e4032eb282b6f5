import type { Layer } from '../store.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { notAuthorized, RegistryError } from './registry-error.js'
import type { RepositoryPath, Route } from './route.js'
import { sendBlob } from './send-blob.js'
import { signBlobUrl } from './signed-blobs.js'

type BlobRoute = Extract<Route, { kind: 'blob' }>

/** The only digests that the store computes. */
const SHA256_DIGEST = /^sha256:[0-9a-f]{64}$/

/** Answers GET and HEAD of a blob: a redirect to its signed address, or the blob with its ranges. */
export async function answerBlob(exchange: Exchange, route: BlobRoute): Promise<void> {
  const { context, request, response, origin, holder } = exchange
  const { settings, store } = context
  const isHead = request.method === 'HEAD'
  // public.ecr.aws answers 401 to every HEAD of who has not logged in (aws/containers-roadmap#2671).
  if (isHead && holder === 'anonymous' && settings.anonymousBlobHead === 'refuse') {
    throw notAuthorized(origin)
  }
  const layer = getLayer(exchange, route)
  if (!isHead && settings.blobRedirect !== 'off') {
    send(exchange, 307, { location: signBlobUrl(layer.digest, origin, context) })
    return
  }
  const headers = { 'docker-content-digest': layer.digest }
  const found = await sendBlob(request, response, store.blobs, layer.digest, headers)
  if (!found) throw blobUnknown(layer.digest, route)
}

/** `DELETE` of a blob: the service has no operation for it, and the specification allows to refuse. */
export function refuseBlobDeletion(): never {
  throw new RegistryError('UNSUPPORTED', 'The operation is unsupported.')
}

function getLayer(exchange: Exchange, route: BlobRoute): Layer {
  const repository = getRepository(exchange, route)
  checkDigest(route.digest)
  const layer = repository.layers.get(route.digest)
  if (layer === undefined) throw blobUnknown(route.digest, route)
  return layer
}

/** @throws RegistryError `DIGEST_INVALID` for what is no digest that the registry can have */
export function checkDigest(digest: string): void {
  if (SHA256_DIGEST.test(digest)) return
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
