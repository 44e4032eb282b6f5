import { MAX_LOGO_BYTES } from './check-logo.js'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import { createHttpClient } from '../http/http-client.js'

/** What the address of a logo serves. */
export type ServedLogo =
  | { readonly kind: 'image'; readonly bytes: Buffer }
  /** The server says that there is nothing. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** How long a logo may take, in milliseconds: it is at most half a megabyte, from a content network. */
const TIMEOUT_MS = 20_000

/** More than any logo, so that a larger image is seen to be another one. */
const MAX_BYTES = 4 * MAX_LOGO_BYTES

const MAX_REDIRECTS = 3

/** Fetches a logo, through the proxies of the environment and without any credential. */
export async function fetchLogo(
  logoUrl: string,
  { env, signal }: Pick<Deps, 'env' | 'signal'>
): Promise<ServedLogo> {
  const url = URL.parse(logoUrl)
  if (url === null) return { kind: 'unknown', reason: 'its address is no URL' }
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const client = createHttpClient({ env, signal: bounded })
    const response = await client.send({ url, maxBytes: MAX_BYTES, maxRedirects: MAX_REDIRECTS })
    if (response.status === 404 || response.status === 410) return { kind: 'nothing' }
    if (response.status === 200) return { kind: 'image', bytes: response.body }
    return { kind: 'unknown', reason: `${url.host} answered with status ${response.status}` }
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'unknown', reason: messageOf(error) }
  }
}
