import { problem } from '../runner/errors.js'

/** One page of a listing. */
interface Page {
  readonly nextToken?: string | undefined
}

/**
 * The maximum number of pages per listing. With 1,000 rows per page this is more than every quota of the service.
 */
const MAX_PAGES = 2_000

/**
 * Returns the pages of a listing. A page is requested only after the previous one is consumed.
 *
 * @param name the name of the listing, for errors
 * @param getPage requests the page of a token, which is `undefined` for the first page
 * @throws ActionError if the service repeats a token, since the listing would never end
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
    what: `The service returns an endless list of ${name}`,
    fix: 'Run the job again. If the error persists, report it to AWS.'
  })
}
