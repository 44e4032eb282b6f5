import type { Image, Repository, Tag } from '../store/store.js'

/** The part of the tag list that a page shows. */
export interface TagQuery {
  /** A part of a tag or a digest. Case does not matter. */
  readonly search: string
  /** A label of {@link kindOf}, or the empty string for all. */
  readonly type: string
  /** From 1. */
  readonly page: number
}

/** The label of an image by the media type of its manifest or config. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/image\.index|manifest\.list/, 'Multi-platform image'],
  [/helm\.config/, 'Helm chart'],
  [/image\.config|container\.image/, 'Image']
]

/** Reads the query of the address of a page. Values that are not valid are ignored. */
export function parseTagQuery(parameters: URLSearchParams): TagQuery {
  const page = Number(parameters.get('page') ?? 1)
  return {
    search: parameters.get('search')?.trim() ?? '',
    type: parameters.get('type') ?? '',
    page: Number.isSafeInteger(page) ? page : 1
  }
}

/** Returns the query of the address of another page of the same tags. */
export function tagQueryText({ search, type }: TagQuery, page: number): string {
  const members = Object.entries({ search, type }).filter(([, value]) => value !== '')
  return new URLSearchParams([...members, ['page', String(page)]]).toString()
}

/** Returns the tags, newest first. */
export function newestFirst({ tags }: Repository): Tag[] {
  return [...tags.values()].sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1))
}

/** Returns the tags that match a query, in the same order. */
export function matchingTags(
  { images }: Repository,
  tags: readonly Tag[],
  { search, type }: TagQuery
): readonly Tag[] {
  const part = search.toLowerCase()
  return tags.filter(
    ({ name, digest }) =>
      (name.toLowerCase().includes(part) || digest.includes(part)) &&
      (type === '' || kindOf(images.get(digest)) === type)
  )
}

/** Returns the types of the tags, by name. */
export function kindsOf({ images }: Repository, tags: readonly Tag[]): string[] {
  return [...new Set(tags.map(({ digest }) => kindOf(images.get(digest))))].sort()
}

/** Returns the type of an image as text. */
export function kindOf(image: Image | undefined): string {
  if (image === undefined) return 'Artifact'
  const { mediaType, artifactMediaType, artifactType } = image
  const known = `${mediaType} ${artifactMediaType ?? ''}`
  return KINDS.find(([pattern]) => pattern.test(known))?.[1] ?? artifactType ?? 'Artifact'
}
