import { createHash } from 'node:crypto'
import type { Repository } from '../store.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { RegistryError } from './registry-error.js'
import type { Route } from './route.js'

type TagsRoute = Extract<Route, { kind: 'tags' }>

/** One page of tags, and the `last` that the next page is asked for with, if there is one. */
interface TagPage {
  readonly tags: readonly string[]
  readonly next?: string | undefined
}

/** Answers `GET …/tags/list`, a page at a time with the address of the next one in `Link`. */
export function answerTags(exchange: Exchange, route: TagsRoute): void {
  const { context, query, origin, path } = exchange
  const { tagListOrder, tagListFormat } = context.settings
  const repository = getRepository(exchange, route)
  const limit = pageSize(exchange)
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
  send(exchange, 200, headers, `${JSON.stringify(body, null, isText ? 4 : 0)}\n`)
}

function pageSize({ context, query }: Exchange): number {
  const { tagsPerPage, maxTagsPerPage } = context.settings.limits
  const asked = query.get('n')
  if (asked === null) return tagsPerPage
  if (!/^\d+$/.test(asked)) throw badPage(`Member must be a number`)
  if (Number(asked) <= maxTagsPerPage) return Number(asked)
  if (context.settings.tagListAboveMaximum === 'cut') return maxTagsPerPage
  // As ECR refuses it (google/go-containerregistry#681).
  throw badPage(`Member must have value less than or equal to ${maxTagsPerPage}`)
}

function badPage(constraint: string): RegistryError {
  return new RegistryError(
    'UNSUPPORTED',
    `Invalid parameter at 'maxResults' failed to satisfy constraint: '${constraint}'`
  )
}

/** The `limit` tags after `last`, whether that exists or not (OCI distribution specification). */
function lexicalPage(repository: Repository, last: string, limit: number): TagPage {
  const sorted = sortedTags(repository)
  const start = last === '' ? 0 : firstAfter(sorted, last)
  const tags = sorted.slice(start, start + limit)
  const isMore = limit > 0 && start + limit < sorted.length
  return { tags, next: isMore ? tags.at(-1) : undefined }
}

const sortedTagsOf = new WeakMap<object, { version: number; sorted: readonly string[] }>()

/** Sorted once for all pages, as long as no tag comes or goes. */
function sortedTags({ tags }: Repository): readonly string[] {
  const known = sortedTagsOf.get(tags)
  if (known?.version === tags.version) return known.sorted
  const sorted = [...tags.keys()].sort()
  sortedTagsOf.set(tags, { version: tags.version, sorted })
  return sorted
}

function firstAfter(sorted: readonly string[], last: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') > last) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Pages in the order of creation, each in an order of no meaning but always the same; `last` is not a
 * tag but a place.
 */
function unsortedPage(repository: Repository, last: string, limit: number): TagPage {
  const found = repository.tags.page(readPlace(last), limit + 1)
  const page = found.slice(0, limit)
  const end = found.length > limit ? page.at(-1) : undefined
  return {
    tags: page
      .map(({ key }) => ({ key, order: createHash('md5').update(key).digest('hex') }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ key }) => key),
    next: end && Buffer.from(`tags-after:${end.sequence}`).toString('base64url')
  }
}

function readPlace(last: string): number {
  if (last === '') return 0
  const sequence = /^tags-after:(\d+)$/.exec(Buffer.from(last, 'base64url').toString())?.[1]
  if (sequence !== undefined) return Number(sequence)
  throw new RegistryError(
    'UNSUPPORTED',
    `Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'`
  )
}
