import { problem } from '../runner/errors.js'

/** One page of a listing. */
interface Page {
  readonly nextToken?: string | undefined
}

/**
 * The most pages that one listing may have: 1,000 rows each, far beyond every quota of the service, and no more than
 * there is memory for.
 */
const MAX_PAGES = 2_000

/**
 * The pages of a listing, one at a time and each asked for only when the one before was consumed.
 *
 * @param name what is listed, for errors
 * @param getPage fetches the page that a token names; `undefined` for the first
 * @throws ActionError where the service repeats a token, since the listing would never end
 */
export async function* listPages<P extends Page>(
  name: string,
  getPage: (nextToken: string | undefined) => Promise<P>
): AsyncGenerator<P, void, undefined> {
  let token: string | undefined
  const seen = new Set<string>()
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = await getPage(token)
    yield page
    token = page.nextToken
    if (token === undefined || token === '') return
    if (seen.has(token)) break
    seen.add(token)
  }
  throw problem({
    what: `The service never ends the list of ${name}`,
    fix: 'try again; should it persist, report it to AWS'
  })
}
