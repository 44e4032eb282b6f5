import type { IncomingMessage } from 'node:http'
import type { Layer, Upload } from '../store.js'
import { parseContentRange } from './byte-range.js'
import { checkDigest } from './blobs.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { findMountable } from './mount.js'
import { RegistryError } from './registry-error.js'
import type { RepositoryPath, Route } from './route.js'

type UploadsRoute = Extract<Route, { kind: 'uploads' }>
type UploadRoute = Extract<Route, { kind: 'upload' }>

/** Uploads that a request is appending to. */
const busy = new WeakSet<Upload>()

/** Where the first chunk of an upload ended, which is all that ECR tells of its progress. */
const firstChunkEnds = new WeakMap<Upload, number>()

/** Answers `POST …/blobs/uploads/`: a mount, a whole blob at once, or the start of an upload. */
export async function startUpload(exchange: Exchange, route: UploadsRoute): Promise<void> {
  const { context, query, request } = exchange
  const repository = getRepository(exchange, route)
  const mountable = findMountable(exchange, repository)
  if (mountable !== undefined) {
    sendBlobCreated(exchange, route, context.store.linkLayer(route.name, mountable))
    return
  }
  const digest = query.get('digest')
  if (digest !== null) checkDigest(digest)
  const upload = context.store.startUpload(repository.name)
  if (digest === null) {
    sendProgress(exchange, route, upload, 202)
    return
  }
  await append(exchange, upload, request)
  return finish(exchange, route, upload, digest)
}

/** Answers `PATCH`: one chunk, in its place, of known or unknown length. */
export async function appendChunk(exchange: Exchange, route: UploadRoute): Promise<void> {
  const { context, request } = exchange
  const { chunkStatus } = context.settings
  const upload = getUpload(exchange, route)
  checkRange(exchange, route, upload)
  await append(exchange, upload, request)
  if (!firstChunkEnds.has(upload)) firstChunkEnds.set(upload, upload.size - 1)
  sendProgress(exchange, route, upload, Number(chunkStatus))
}

/** Answers `PUT`: the last chunk, if there is a body, and the digest of the whole. */
export async function completeUpload(exchange: Exchange, route: UploadRoute): Promise<void> {
  const { request, query } = exchange
  const upload = getUpload(exchange, route)
  const digest = query.get('digest') ?? ''
  checkDigest(digest)
  if (hasBody(request)) {
    checkRange(exchange, route, upload)
    await append(exchange, upload, request)
  }
  await finish(exchange, route, upload, digest)
}

/** Answers `GET` of an upload: how far it is. */
export function describeUpload(exchange: Exchange, route: UploadRoute): void {
  sendProgress(exchange, route, getUpload(exchange, route), 204)
}

/** Answers `DELETE` of an upload: what came of it is dropped. */
export function cancelUpload(exchange: Exchange, route: UploadRoute): void {
  exchange.context.store.cancelUpload(getUpload(exchange, route).id)
  send(exchange, 204)
}

function getUpload(exchange: Exchange, route: UploadRoute): Upload {
  const { name } = getRepository(exchange, route)
  const upload = exchange.context.store.findUpload(name, route.uploadId)
  if (upload === undefined) {
    throw new RegistryError(
      'BLOB_UPLOAD_UNKNOWN',
      `The upload with the upload id '${route.uploadId}' does not exist in the repository with name '${name}' in the registry with id '${route.alias}'`
    )
  }
  if (busy.has(upload)) {
    throw new RegistryError('BLOB_UPLOAD_INVALID', 'The upload is being written to')
  }
  return upload
}

/** A chunk that says where it belongs must belong at the end of what is there. */
function checkRange(exchange: Exchange, route: UploadRoute, upload: Upload): void {
  const { request, context } = exchange
  const { limits, shortChunks } = context.settings
  const lastBytes = upload.parts.at(-1)
  if (shortChunks === 'refuse' && lastBytes !== undefined && lastBytes < limits.minPartBytes) {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      `Layer parts must be at least ${limits.minPartBytes} bytes in size, but the one before has ${lastBytes}`
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
    `The chunk ${header} is not the one that starts at byte ${upload.size}`,
    { status: 416, headers: progressHeaders(exchange, route, upload, endOf(upload)) }
  )
}

/** Takes the body into the upload. One that breaks off leaves the upload as it was. */
async function append(exchange: Exchange, upload: Upload, request: IncomingMessage): Promise<void> {
  busy.add(upload)
  try {
    await exchange.context.store.appendToUpload(upload.id, request)
  } finally {
    busy.delete(upload)
  }
}

async function finish(
  exchange: Exchange,
  path: RepositoryPath,
  upload: Upload,
  digest: string
): Promise<void> {
  const { store, settings } = exchange.context
  if (upload.size > settings.limits.layerBytes) {
    store.cancelUpload(upload.id)
    throw new RegistryError(
      'SIZE_INVALID',
      `A layer has at most ${settings.limits.layerBytes} bytes, this one has ${upload.size}`
    )
  }
  const calculated = await store.uploadDigest(upload.id)
  if (calculated !== digest) {
    // The bytes are of no use to anybody: an upload takes no more after its last chunk.
    store.cancelUpload(upload.id)
    throw new RegistryError(
      settings.digestMismatch === 'upload-invalid' ? 'BLOB_UPLOAD_INVALID' : 'DIGEST_INVALID',
      `None of the provided layer digests match the calculated layer digest '${calculated}'`
    )
  }
  const known = getRepository(exchange, path).layers.get(digest)
  if (known !== undefined) store.cancelUpload(upload.id)
  sendBlobCreated(exchange, path, known ?? store.finishUpload(upload.id, digest))
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function sendBlobCreated(exchange: Exchange, path: RepositoryPath, { digest }: Layer): void {
  send(exchange, 201, {
    location: `${exchange.origin}/v2/${path.alias}/${path.name}/blobs/${digest}`,
    'docker-content-digest': digest
  })
}

function sendProgress(
  exchange: Exchange,
  path: RepositoryPath,
  upload: Upload,
  status: number
): void {
  const isStale = status !== 204 && exchange.context.settings.chunkRange === 'stale'
  const end = isStale ? (firstChunkEnds.get(upload) ?? 0) : endOf(upload)
  send(exchange, status, progressHeaders(exchange, path, upload, end))
}

function progressHeaders(
  { origin }: Exchange,
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

/** The last byte that is there; 0 for none, as `Range` cannot say it (distribution does the same). */
function endOf({ size }: Pick<Upload, 'size'>): number {
  return Math.max(0, size - 1)
}
