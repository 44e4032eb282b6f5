import type { IncomingMessage } from 'node:http'
import type { Layer, Upload } from '../store/store.js'
import { parseContentRange } from './byte-range.js'
import { checkDigest } from './handle-blob.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { findMountable } from './mount.js'
import { RegistryError } from './registry-error.js'
import type { RepositoryPath, Route } from './route.js'

type UploadsRoute = Extract<Route, { kind: 'uploads' }>
type UploadRoute = Extract<Route, { kind: 'upload' }>

/** The IDs of the uploads that a request is appending to. */
const busy = new Set<string>()

/** Handles `POST …/blobs/uploads/`: mounts a blob, stores a complete blob, or starts an upload. */
export async function startUpload(call: RegistryCall, route: UploadsRoute): Promise<void> {
  const { context, query } = call
  const repository = getRepository(call, route)
  const mountable = findMountable(call, repository)
  if (mountable !== undefined) {
    sendBlobCreated(call, route, context.store.linkLayer(route.name, mountable))
    return
  }
  const digest = query.get('digest')
  if (digest !== null) checkDigest(digest)
  const upload = context.store.startUpload(repository.name)
  if (digest === null) {
    sendProgress(call, route, upload, 202)
    return
  }
  return finish(call, route, await append(call, route, upload), digest)
}

/** Handles `PATCH`: appends a chunk of known or unknown length. */
export async function appendChunk(call: RegistryCall, route: UploadRoute): Promise<void> {
  const { chunkStatus } = call.context.settings
  const before = getUpload(call, route, route.uploadId)
  checkRange(call, route, before)
  const upload = await append(call, route, before)
  sendProgress(call, route, upload, Number(chunkStatus))
}

/** Handles `PUT`: appends the last chunk, if there is a body, and checks the digest. */
export async function completeUpload(call: RegistryCall, route: UploadRoute): Promise<void> {
  const { request, query } = call
  let upload = getUpload(call, route, route.uploadId)
  const digest = query.get('digest') ?? ''
  checkDigest(digest)
  if (hasBody(request)) {
    checkRange(call, route, upload)
    upload = await append(call, route, upload)
  }
  await finish(call, route, upload, digest)
}

/** Handles `GET` of an upload: returns its progress. */
export function describeUpload(call: RegistryCall, route: UploadRoute): void {
  sendProgress(call, route, getUpload(call, route, route.uploadId), 204)
}

/** Handles `DELETE` of an upload. */
export function cancelUpload(call: RegistryCall, route: UploadRoute): void {
  call.context.store.cancelUpload(getUpload(call, route, route.uploadId).id)
  send(call, 204)
}

function getUpload(call: RegistryCall, path: RepositoryPath, id: string): Upload {
  const { name } = getRepository(call, path)
  const upload = call.context.store.findUpload(name, id)
  if (upload === undefined) {
    throw new RegistryError(
      'BLOB_UPLOAD_UNKNOWN',
      `The upload with the upload id '${id}' does not exist in the repository with name '${name}' in the registry with id '${path.alias}'`
    )
  }
  if (busy.has(id)) {
    throw new RegistryError('BLOB_UPLOAD_INVALID', 'Another request is appending to the upload')
  }
  return upload
}

/** Checks that a chunk begins at the end of the upload. */
function checkRange(call: RegistryCall, route: UploadRoute, upload: Upload): void {
  const { request, context } = call
  const { limits, shortChunks } = context.settings
  const lastBytes = upload.parts.at(-1)
  if (shortChunks === 'refuse' && lastBytes !== undefined && lastBytes < limits.minPartBytes) {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      `Layer parts must be at least ${limits.minPartBytes} bytes in size, but the previous part has ${lastBytes} bytes`
    )
  }
  const header = request.headers['content-range']
  if (header === undefined) return
  const range = parseContentRange(header)
  const length = request.headers['content-length']
  const isWhole =
    range !== undefined && (length === undefined || range.last - range.first + 1 === Number(length))
  if (isWhole && range.first === upload.size) return
  throw new RegistryError(
    'BLOB_UPLOAD_INVALID',
    `The chunk ${header} does not start at byte ${upload.size}`,
    { status: 416, headers: progressHeaders(call, route, upload, endOf(upload.size)) }
  )
}

/**
 * Appends the body to the upload. If the request is interrupted, the upload does not change.
 *
 * @throws RegistryError if the upload or its repository was deleted in the meantime
 */
async function append(call: RegistryCall, path: RepositoryPath, { id }: Upload): Promise<Upload> {
  busy.add(id)
  try {
    await call.context.store.appendToUpload(id, call.request)
  } finally {
    busy.delete(id)
  }
  return getUpload(call, path, id)
}

async function finish(
  call: RegistryCall,
  path: RepositoryPath,
  upload: Upload,
  digest: string
): Promise<void> {
  const { store, settings } = call.context
  if (upload.size > settings.limits.layerBytes) {
    store.cancelUpload(upload.id)
    throw new RegistryError(
      'SIZE_INVALID',
      `A layer can have at most ${settings.limits.layerBytes} bytes, but this layer has ${upload.size} bytes`
    )
  }
  const calculated = await store.uploadDigest(upload.id)
  // After a restart, the digest is computed from the file. The upload can end in the meantime.
  getUpload(call, path, upload.id)
  if (calculated !== digest) {
    // The upload is deleted because it cannot be continued after its last chunk.
    store.cancelUpload(upload.id)
    throw new RegistryError(
      settings.digestMismatch === 'upload-invalid' ? 'BLOB_UPLOAD_INVALID' : 'DIGEST_INVALID',
      `None of the provided layer digests match the calculated layer digest '${calculated}'`
    )
  }
  const known = getRepository(call, path).layers.get(digest)
  if (known !== undefined) store.cancelUpload(upload.id)
  sendBlobCreated(call, path, known ?? store.finishUpload(upload.id, digest))
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function sendBlobCreated(call: RegistryCall, path: RepositoryPath, { digest }: Layer): void {
  send(call, 201, {
    location: `${call.origin}/v2/${path.alias}/${path.name}/blobs/${digest}`,
    'docker-content-digest': digest
  })
}

function sendProgress(
  call: RegistryCall,
  path: RepositoryPath,
  upload: Upload,
  status: number
): void {
  // After every chunk, ECR reports the end of the first one.
  const isStale = status !== 204 && call.context.settings.chunkRange === 'stale'
  const size = isStale ? (upload.parts[0] ?? 0) : upload.size
  send(call, status, progressHeaders(call, path, upload, endOf(size)))
}

function progressHeaders(
  { origin }: RegistryCall,
  { alias, name }: RepositoryPath,
  { id }: Upload,
  end: number
): Record<string, string> {
  return {
    location: `${origin}/v2/${alias}/${name}/blobs/uploads/${id}`,
    range: `0-${end}`,
    'docker-upload-uuid': id
  }
}

/**
 * Returns the last of `size` bytes. It is 0 for no bytes, because `Range` cannot express
 * that (distribution/distribution does the same).
 */
function endOf(size: number): number {
  return Math.max(0, size - 1)
}
