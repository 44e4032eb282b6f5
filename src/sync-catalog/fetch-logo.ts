import { createHttpClient } from '../http/http-client.js'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import { MAX_LOGO_BYTES } from './read-logo.js'

/** The response to a request for the current logo. */
export type ServedLogo =
  | { readonly kind: 'image'; readonly bytes: Buffer }
  /** The server returned 404 or 410. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * The time limit of the request, in milliseconds. A logo has at most 512,000 bytes. It is longer than the idle timeout, so
 * that a host that does not respond counts as stalled for all logos.
 */
const TIMEOUT_MS = 40_000

/** Larger than any logo, so that an image above the limit is compared and not reported as an error. */
const MAX_BYTES = 4 * MAX_LOGO_BYTES

const MAX_REDIRECTS = 3

/** Downloads a logo through the proxies of the environment, without credentials. */
export async function fetchLogo(
  logoUrl: string,
  { env, signal }: Pick<Deps, 'env' | 'signal'>
): Promise<ServedLogo> {
  const url = URL.parse(logoUrl)
  if (url === null) return { kind: 'unknown', reason: 'its URL is not valid' }
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const client = createHttpClient({ env, signal: bounded }, { scope: 'logo' })
    const response = await client.send({ url, maxBytes: MAX_BYTES, maxRedirects: MAX_REDIRECTS })
    if (response.status === 404 || response.status === 410) return { kind: 'missing' }
    if (response.status === 200) return { kind: 'image', bytes: response.body }
    return { kind: 'unknown', reason: `${url.host} returned status ${response.status}` }
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'unknown', reason: messageOf(error) }
  }
}
