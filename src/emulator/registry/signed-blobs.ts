import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { sendBlob } from './send-blob.js'

/** Where redirects of blobs lead; no repository's page can be there, as no alias starts so. */
export const SIGNED_BLOBS_PATH = '/_blobs/'

/** The names of the loopback, each with the one that is another host to clients. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  '127.0.0.1': 'localhost',
  localhost: '127.0.0.1'
}

/** How long a signed address is good for, in seconds. */
const LIFETIME_SECONDS = 900

/**
 * The address that a blob can be fetched from without a token, in the manner of a presigned address of
 * S3, which is where those of ECR lead in the end. They lead to another host, and there clients must not
 * take their token; here the other host is the other name of the loopback.
 */
export function signBlobUrl(digest: string, origin: string, context: EmulatorContext): string {
  const { settings, store, now } = context
  const url = new URL(origin)
  const otherName = settings.blobRedirect === 'other-host' && OTHER_NAMES[url.hostname]
  if (otherName) url.hostname = otherName
  url.pathname = SIGNED_BLOBS_PATH + digest
  url.searchParams.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256')
  url.searchParams.set('X-Amz-Date', String(now().getTime()))
  url.searchParams.set('X-Amz-Expires', String(LIFETIME_SECONDS))
  // Go's clients, rightly, keep the token for the host that it is for: there it has to be overlooked.
  url.searchParams.set('X-Amz-SignedHeaders', otherName ? 'host' : 'host;authorization')
  url.searchParams.set('X-Amz-Signature', signatureOf(store.key, url).toString('hex'))
  return url.href
}

/** Answers GET and HEAD of a signed address, ranges as well; refuses as S3 does, in XML. */
export async function answerSignedBlob(
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
    // What a client meets that takes its token along to the storage (renovatebot/renovate#3877).
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
