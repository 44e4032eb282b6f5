import { createHash } from 'node:crypto'
import type { EmulatorContext } from '../context.js'
import type { SequencedMap } from '../store/sequenced-map.js'
import { createPageToken, readPageToken } from './page-token.js'

/** "If this parameter isn't used, then … returns up to 100 results" (API reference). */
const DEFAULT_PAGE_SIZE = 100

/** Which page of which list. */
export interface PageRequest {
  /** What the token is bound to: the operation and, if there is one, the repository. */
  readonly list: string
  readonly nextToken: string | undefined
  readonly maxResults: number | undefined
}

/**
 * One page of a list. What is added or deleted between pages makes no other entry appear twice or not
 * at all. The last page has no token.
 *
 * @throws ApiError (InvalidParameterException) for a token that is none
 */
export function takePage<V>(
  { store, settings }: EmulatorContext,
  map: SequencedMap<V>,
  { list, nextToken, maxResults = DEFAULT_PAGE_SIZE }: PageRequest
): { items: V[]; nextToken: string | undefined } {
  const after = nextToken === undefined ? 0 : readPageToken(store.key, list, nextToken)
  const found = map.page(after, maxResults + 1)
  const page = found.slice(0, maxResults)
  const last = page.at(-1)
  const isLast = found.length <= maxResults || last === undefined
  if (settings.listOrder === 'shuffled') page.sort((a, b) => rank(a.key) - rank(b.key))
  return {
    items: page.map(({ value }) => value),
    nextToken: isLast ? undefined : createPageToken(store.key, list, last.sequence)
  }
}

/** An order that has nothing to do with time or name, and is the same every time. */
function rank(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0)
}
