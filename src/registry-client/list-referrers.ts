import { problem } from '../runner/errors.js'
import { parseManifest } from '../oci/manifest.js'
import type { Descriptor } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'

/** A response of the referrers API. */
export interface ReferrersResponse {
  readonly status: number
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The maximum number of pages per list, so that a faulty registry cannot cause an endless loop. */
const MAX_PAGES = 1000

/** The maximum size of all pages of a list in bytes. A referrer takes a few hundred bytes. */
const MAX_LIST_BYTES = 32 * 1024 * 1024

/** The maximum length of a `Link` header and of the path of the next page, in characters. */
const MAX_LINK_CHARACTERS = 4096

/**
 * Lists the manifests whose `subject` is this digest with the referrers API (OCI distribution specification 1.1,
 * "Listing Referrers"). Returns `undefined` if the registry does not have this API.
 *
 * @param get reads a path below `/v2/<repository>/` and rejects unless the status is 200 or 404
 * @throws ActionError if a response is not a list, or if the list is too long
 */
export async function listReferrers(
  repository: string,
  digest: string,
  get: (path: string) => Promise<ReferrersResponse>
): Promise<Descriptor[] | undefined> {
  const referrers: Descriptor[] = []
  let path: string | undefined = `referrers/${digest}`
  const seen = new Set<string>()
  let bytes = 0
  while (path !== undefined) {
    if (seen.size === MAX_PAGES || seen.has(path) || bytes > MAX_LIST_BYTES) {
      throw problem({ what: 'The registry returned an endless list of referrers', value: digest })
    }
    seen.add(path)
    const { status, body, headers }: ReferrersResponse = await get(path)
    if (status === 404) return undefined
    bytes += body.length
    const index = parseManifest(body, `referrers of ${digest}`, MEDIA_TYPES.ociIndex)
    if (index.kind === 'index') referrers.push(...index.manifests)
    path = nextPath(repository, path, headers.link)
  }
  return referrers
}

/** Returns the path of the next page (RFC 8288 `Link`, `rel="next"`), or `undefined` after the last one. */
function nextPath(
  repository: string,
  path: string,
  link: string | string[] | undefined
): string | undefined {
  const header = Array.isArray(link) ? link.join(', ') : (link ?? '')
  if (header.length > MAX_LINK_CHARACTERS) {
    throw problem({ what: 'The registry sent a Link header that is too long' })
  }
  // Neither part matches "<", so that the time is linear.
  const links = [...header.matchAll(/<([^<>]*)>([^<,]*)/g)]
  const target = links.find(([, , parameters = '']) => /\brel="?next\b/i.test(parameters))?.[1]
  if (target === undefined) return undefined
  const next = URL.parse(target, `http://registry/v2/${repository}/${path}`)
  const prefix = `/v2/${repository}/`
  if (next?.pathname.startsWith(prefix) === true) {
    const nextPage = `${next.pathname.slice(prefix.length)}${next.search}`
    // A relative URL could grow with every page.
    if (nextPage.length <= MAX_LINK_CHARACTERS) return nextPage
  }
  throw problem({
    what: 'The registry returned a next page of referrers that is not in the same repository',
    value: target,
    fix: 'Run the job again. If the error persists, check the endpoint and the proxy.'
  })
}
