import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import type { RegistryCall } from './registry-call.js'
import { sendBlob } from './send-blob.js'

/**
 * The path of signed URLs. An alias cannot begin with an underscore, so it does not collide with a
 * repository.
 */
export const SIGNED_BLOBS_PATH = '/_blobs/'

/** Lifetime of a signed URL, in seconds. */
const LIFETIME_SECONDS = 900

/**
 * Returns a URL for downloading a blob without a token, like the presigned S3 URLs of ECR. Clients
 * must not send their token to another host, so the URL uses the other name of the loopback.
 */
export function signBlobUrl(
  digest: string,
  { origin, context, request }: Pick<RegistryCall, 'origin' | 'context' | 'request'>
): string {
  const { settings, store, now } = context
  const url = new URL(origin)
  const otherName =
    settings.blobRedirect === 'other-host' ? otherNameOf(url.hostname, request) : undefined
  if (otherName !== undefined) url.hostname = otherName
  url.pathname = SIGNED_BLOBS_PATH + digest
  url.searchParams.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256')
  url.searchParams.set('X-Amz-Date', String(now().getTime()))
  url.searchParams.set('X-Amz-Expires', String(LIFETIME_SECONDS))
  // Go clients send the token to the same host, so it must be ignored there.
  url.searchParams.set(
    'X-Amz-SignedHeaders',
    otherName === undefined ? 'host;authorization' : 'host'
  )
  url.searchParams.set('X-Amz-Signature', signatureOf(store.key, url).toString('hex'))
  return url.href
}

/** Returns the other name of the loopback, which clients treat as a different host. */
function otherNameOf(hostname: string, { socket }: IncomingMessage): string | undefined {
  if (hostname === '127.0.0.1') return 'localhost'
  if (hostname !== 'localhost') return undefined
  // If `localhost` is `::1` here, the emulator may not listen on 127.0.0.1.
  return socket.localAddress === '::1' ? '[::1]' : '127.0.0.1'
}

/** Handles GET and HEAD of a signed URL. Errors are XML, as in S3. */
export async function handleSignedBlob(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext,
  url: URL
): Promise<void> {
  const refusal = findRefusal(request, context, url)
  if (refusal !== undefined) {
    sendXml(response, ...refusal)
    return
  }
  const digest = decodeURIComponent(url.pathname.slice(SIGNED_BLOBS_PATH.length))
  const found = await sendBlob(request, response, context.store.blobs, digest)
  if (!found) sendXml(response, 404, 'NoSuchKey', 'The specified key does not exist.')
}

type Refusal = readonly [status: number, code: string, message: string]

function findRefusal(
  request: IncomingMessage,
  { store, now }: EmulatorContext,
  url: URL
): Refusal | undefined {
  const isOtherHost = url.searchParams.get('X-Amz-SignedHeaders') === 'host'
  if (isOtherHost && request.headers.authorization !== undefined) {
    // S3 returns this error to clients that forward their token (renovatebot/renovate#3877).
    return [
      400,
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'
    ]
  }
  const given = Buffer.from(url.searchParams.get('X-Amz-Signature') ?? '', 'hex')
  const expected = signatureOf(store.key, url)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return [
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.'
    ]
  }
  const signedAt = Number(url.searchParams.get('X-Amz-Date'))
  if (now().getTime() > signedAt + LIFETIME_SECONDS * 1000) {
    return [403, 'AccessDenied', 'Request has expired']
  }
  return undefined
}

function signatureOf(key: Uint8Array, { pathname, searchParams }: URL): Buffer {
  const names = ['X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders']
  const signed = [pathname, ...names.map((name) => searchParams.get(name) ?? '')].join('\n')
  return createHmac('sha256', key).update(signed).digest()
}

function sendXml(response: ServerResponse, status: number, code: string, message: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body)
  })
  response.end(body)
}
