import { randomBytes } from 'node:crypto'
import { digestOf } from '../../helpers/push-blob.ts'
import { MEDIA_TYPES } from '../live.ts'
import type { Live, LiveRepository } from '../live.ts'
import type { RegistryRequest } from '../connect-registry.ts'
import { other } from './question.ts'

export const BLOB_QUESTIONS = {
  anonymousBlobHead,
  blobRedirect,
  chunkStatus,
  chunkRange,
  shortChunks,
  digestMismatch,
  mount
}

/** "Layer parts must be at least 5242880 bytes in size" (dotnet/sdk-container-builds#424). */
const MIN_CHUNK_BYTES = 5 * 1024 * 1024

const pathOf = ({ uri }: LiveRepository): string => uri.slice(uri.indexOf('/'))

/** Pushes a blob and returns its path. */
async function pushedBlob(live: Live): Promise<{
  readonly repository: LiveRepository
  readonly digest: string
  readonly path: string
}> {
  const repository = await live.newRepository()
  const { digest } = await live.pushBlob(repository, randomBytes(64), MEDIA_TYPES.layer)
  return { repository, digest, path: `/v2${pathOf(repository)}/blobs/${digest}` }
}

/** What is the response to HEAD of a blob without a login? */
async function anonymousBlobHead(live: Live): Promise<string> {
  const { repository, path } = await pushedBlob(live)
  const { request } = await live.registry(repository)
  const { status } = await request(path, { method: 'HEAD', anonymous: true })
  if (status === 200) return 'answer'
  return status === 401 ? 'refuse' : other(status)
}

/** Does GET of a blob redirect to another host? */
async function blobRedirect(live: Live): Promise<string> {
  const { repository, path } = await pushedBlob(live)
  const { request, origin } = await live.registry(repository)
  const response = await request(path)
  const location = response.headers.get('location')
  await response.arrayBuffer()
  if (response.status === 200) return 'off'
  if (location === null) return other(response.status)
  return new URL(location, origin).host === new URL(origin).host ? 'same-host' : 'other-host'
}

/** An upload that is cancelled at the end of a question. */
class Upload {
  private location: string
  private readonly request: RegistryRequest

  private constructor(request: RegistryRequest, location: string) {
    this.request = request
    this.location = location
  }

  static async start(live: Live): Promise<Upload> {
    const repository = await live.newRepository()
    const { request } = await live.registry(repository)
    const response = await request(`/v2${pathOf(repository)}/blobs/uploads/`, { method: 'POST' })
    return new Upload(request, getLocation(response))
  }

  /** Sends a chunk that begins at `first`. */
  async append(bytes: Buffer, first: number): Promise<Response> {
    const response = await this.request(this.location, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${first}-${first + bytes.length - 1}`
      },
      body: new Uint8Array(bytes)
    })
    this.location = response.headers.get('location') ?? this.location
    return response
  }

  finish(bytes: Buffer, digest: string): Promise<Response> {
    const separator = this.location.includes('?') ? '&' : '?'
    return this.request(`${this.location}${separator}digest=${encodeURIComponent(digest)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes)
    })
  }
}

function getLocation({ status, headers }: Response): string {
  const location = headers.get('location')
  if (location === null) throw new Error(`The upload was not started: status ${status}`)
  return location
}

/** Which status does a chunk have? */
async function chunkStatus(live: Live): Promise<string> {
  const upload = await Upload.start(live)
  const { status } = await upload.append(randomBytes(16), 0)
  return status === 201 || status === 202 ? String(status) : other(status)
}

/** Is the `Range` after the second chunk the end of the first one? */
async function chunkRange(live: Live): Promise<string> {
  const upload = await Upload.start(live)
  await upload.append(Buffer.alloc(MIN_CHUNK_BYTES), 0)
  const { status, headers } = await upload.append(Buffer.alloc(1), MIN_CHUNK_BYTES)
  const range = headers.get('range')?.replace(/^bytes=/, '')
  if (range === `0-${MIN_CHUNK_BYTES - 1}`) return 'stale'
  return range === `0-${MIN_CHUNK_BYTES}` ? 'true' : other(range ?? `no range, status ${status}`)
}

/** Can a small chunk be followed by another one? */
async function shortChunks(live: Live): Promise<string> {
  const upload = await Upload.start(live)
  await upload.append(randomBytes(16), 0)
  const { status } = await upload.append(randomBytes(16), 16)
  if (status === 201 || status === 202) return 'accept'
  return status === 400 ? 'refuse' : other(status)
}

/** Which error is returned for a wrong digest? */
async function digestMismatch(live: Live): Promise<string> {
  const upload = await Upload.start(live)
  const response = await upload.finish(randomBytes(16), digestOf('another blob'))
  const text = await response.text()
  const [, code = ''] = /"code"\s*:\s*"([A-Z_]+)"/.exec(text) ?? []
  if (code === 'BLOB_UPLOAD_INVALID') return 'upload-invalid'
  return code === 'DIGEST_INVALID' ? 'digest-invalid' : other(`${response.status} ${code}`)
}

/** Can a blob of another repository be mounted? */
async function mount(live: Live): Promise<string> {
  const { digest, repository: from } = await pushedBlob(live)
  const repository = await live.newRepository()
  const { request } = await live.registry(repository)
  const query = new URLSearchParams({ mount: digest, from: pathOf(from).slice(1) })
  const { status } = await request(`/v2${pathOf(repository)}/blobs/uploads/?${query.toString()}`, {
    method: 'POST'
  })
  if (status === 201) return 'on'
  return status === 202 ? 'off' : other(status)
}
