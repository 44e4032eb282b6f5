import { shuffle } from '../paging/get-page.js'
import { findFirst } from '../store/sequenced-map.js'
import type { Repository } from '../store/store.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { RegistryError } from './registry-error.js'
import type { Route } from './route.js'

type TagsRoute = Extract<Route, { kind: 'tags' }>

/** A page of tags and the `last` parameter of the next page, if there is one. */
interface TagPage {
  readonly tags: readonly string[]
  readonly next?: string | undefined
}

/** Handles `GET …/tags/list`. The `Link` header contains the URL of the next page. */
export function handleTags(call: RegistryCall, route: TagsRoute): void {
  const { context, query, origin, path } = call
  const { tagListOrder, tagListFormat } = context.settings
  const repository = getRepository(call, route)
  const limit = pageSize(call)
  const last = query.get('last') ?? ''
  const { tags, next } =
    tagListOrder === 'lexical'
      ? lexicalPage(repository, last, limit)
      : unsortedPage(repository, last, limit)
  const body = { name: `${route.alias}/${route.name}`, tags }
  const isText = tagListFormat === 'text'
  const headers: Record<string, string> = {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  }
  if (next !== undefined) {
    const nextQuery = new URLSearchParams({ last: next })
    if (query.has('n')) nextQuery.set('n', String(limit))
    headers.link = `<${origin}${path}?${nextQuery.toString()}>; rel="next"`
  }
  send(call, 200, headers, `${JSON.stringify(body, null, isText ? 4 : 0)}\n`)
}

function pageSize({ context, query }: RegistryCall): number {
  const { tagsPerPage, maxTagsPerPage } = context.settings.limits
  const requested = query.get('n')
  if (requested === null) return tagsPerPage
  if (!/^\d+$/.test(requested)) throw invalidPageSize(`Member must be a number`)
  if (Number(requested) <= maxTagsPerPage) return Number(requested)
  if (context.settings.tagListAboveMaximum === 'cut') return maxTagsPerPage
  // The error of ECR (google/go-containerregistry#681).
  throw invalidPageSize(`Member must have value less than or equal to ${maxTagsPerPage}`)
}

function invalidPageSize(constraint: string): RegistryError {
  return new RegistryError(
    'UNSUPPORTED',
    `Invalid parameter at 'maxResults' failed to satisfy constraint: '${constraint}'`
  )
}

/**
 * Returns `limit` tags after `last`, which does not have to exist (OCI distribution specification).
 */
function lexicalPage(repository: Repository, last: string, limit: number): TagPage {
  const sorted = sortedTags(repository)
  const start = last === '' ? 0 : findFirst(sorted, (tag) => tag > last)
  const tags = sorted.slice(start, start + limit)
  const isMore = limit > 0 && start + limit < sorted.length
  return { tags, next: isMore ? tags.at(-1) : undefined }
}

const sortedTagsOf = new WeakMap<object, { version: number; sorted: readonly string[] }>()

/** Returns the sorted tags. They are cached until a tag is added or deleted. */
function sortedTags({ tags }: Repository): readonly string[] {
  const known = sortedTagsOf.get(tags)
  if (known?.version === tags.version) return known.sorted
  const sorted = [...tags.keys()].sort()
  sortedTagsOf.set(tags, { version: tags.version, sorted })
  return sorted
}

/**
 * Returns a page in order of creation, shuffled reproducibly within the page. `last` is a position,
 * not a tag.
 */
function unsortedPage(repository: Repository, last: string, limit: number): TagPage {
  const found = repository.tags.page(readPosition(last), limit + 1)
  const page = found.slice(0, limit)
  const end = found.length > limit ? page.at(-1) : undefined
  return {
    tags: shuffle(page).map(({ key }) => key),
    next: end && Buffer.from(`tags-after:${end.sequence}`).toString('base64url')
  }
}

function readPosition(last: string): number {
  if (last === '') return 0
  const sequence = /^tags-after:(\d+)$/.exec(Buffer.from(last, 'base64url').toString())?.[1]
  if (sequence !== undefined) return Number(sequence)
  throw new RegistryError(
    'UNSUPPORTED',
    `Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'`
  )
}
