import { createHash } from 'node:crypto'
import type { EmulatorContext } from '../context.js'
import type { SequencedMap } from '../store/sequenced-map.js'
import { createPageToken, readPageToken } from './page-token.js'

/** "If this parameter isn't used, then … returns up to 100 results" (API reference). */
const DEFAULT_PAGE_SIZE = 100

/** The page to return. */
export interface PageRequest {
  /** The list that the token belongs to: the operation and, if there is one, the repository. */
  readonly list: string
  readonly nextToken: string | undefined
  readonly maxResults: number | undefined
}

/**
 * Returns one page of a list. Changes between two pages do not make other entries appear twice or
 * disappear. The last page does not have a token.
 *
 * @throws ApiError (InvalidParameterException) for an invalid token
 */
export function getPage<V>(
  { store, settings }: EmulatorContext,
  map: SequencedMap<V>,
  { list, nextToken, maxResults = DEFAULT_PAGE_SIZE }: PageRequest
): { items: V[]; nextToken: string | undefined } {
  const after = nextToken === undefined ? 0 : readPageToken(store.key, list, nextToken)
  const found = map.page(after, maxResults + 1)
  const page = found.slice(0, maxResults)
  const last = page.at(-1)
  const isLast = found.length <= maxResults || last === undefined
  return {
    items: (settings.listOrder === 'shuffled' ? shuffle(page) : page).map(({ value }) => value),
    nextToken: isLast ? undefined : createPageToken(store.key, list, last.sequence)
  }
}

/**
 * Sorts entries by a hash of their key: an order that is unrelated to time and name, but
 * reproducible.
 */
export function shuffle<T extends { readonly key: string }>(entries: readonly T[]): T[] {
  const rank = (key: string): number => createHash('sha256').update(key).digest().readUInt32BE(0)
  return entries
    .map((entry) => ({ entry, rank: rank(entry.key) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry)
}
