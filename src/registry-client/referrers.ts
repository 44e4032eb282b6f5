import { problem } from '../runner/errors.js'
import { parseManifest } from '../oci/manifest.js'
import type { Descriptor } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'

/** One answer of the referrers API. */
export interface ReferrersAnswer {
  readonly status: number
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Pages that one list of referrers may have: more would be a registry that never ends it. */
const MAX_PAGES = 1000

/** The most bytes that all pages of one list may have together; a referrer takes some hundred. */
const MAX_LIST_BYTES = 32 * 1024 * 1024

/** The longest `Link` header that is looked at, and path that is asked for, in characters. */
const MAX_LINK_CHARACTERS = 4096

/**
 * All manifests whose `subject` is this one, by the referrers API (OCI distribution specification 1.1,
 * "Listing Referrers"), over all its pages; `undefined` where the registry has no such API.
 *
 * @param get asks for a path below `/v2/<repository>/`; rejects for what is neither 200 nor 404
 * @throws ActionError where the answer is no list, or one that does not end
 */
export async function listReferrers(
  repository: string,
  digest: string,
  get: (path: string) => Promise<ReferrersAnswer>
): Promise<Descriptor[] | undefined> {
  const referrers: Descriptor[] = []
  let path: string | undefined = `referrers/${digest}`
  const seen = new Set<string>()
  let bytes = 0
  while (path !== undefined) {
    if (seen.size === MAX_PAGES || seen.has(path) || bytes > MAX_LIST_BYTES) {
      throw problem({ what: `The registry never ends the list of what refers to ${digest}` })
    }
    seen.add(path)
    const { status, body, headers }: ReferrersAnswer = await get(path)
    if (status === 404) return undefined
    bytes += body.length
    const index = parseManifest(body, `referrers of ${digest}`, MEDIA_TYPES.ociIndex)
    if (index.kind === 'index') referrers.push(...index.manifests)
    path = nextPath(repository, path, headers.link)
  }
  return referrers
}

/** The path of the next page (RFC 8288 `Link`, `rel="next"`), or `undefined` where this was the last. */
function nextPath(
  repository: string,
  path: string,
  link: string | string[] | undefined
): string | undefined {
  const header = Array.isArray(link) ? link.join(', ') : (link ?? '')
  if (header.length > MAX_LINK_CHARACTERS) {
    throw problem({ what: 'The registry sends a Link header without end' })
  }
  // Neither part goes past the next "<", so that the time is that of one pass.
  const links = [...header.matchAll(/<([^<>]*)>([^<,]*)/g)]
  const target = links.find(([, , parameters = '']) => /\brel="?next\b/i.test(parameters))?.[1]
  if (target === undefined) return undefined
  const next = URL.parse(target, `http://registry/v2/${repository}/${path}`)
  const prefix = `/v2/${repository}/`
  if (next?.pathname.startsWith(prefix) === true) {
    const nextPage = `${next.pathname.slice(prefix.length)}${next.search}`
    // A relative one may grow with every page.
    if (nextPage.length <= MAX_LINK_CHARACTERS) return nextPage
  }
  throw problem({ what: 'The registry continues a list somewhere else', value: target })
}
