import { describePlaceholder } from '../oci/describe-placeholder.js'
import { isTag } from '../oci/reference.js'
import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { MAX_TAGS_PER_IMAGE } from './limits.js'
import type { PushTarget } from './resolve-target.js'

/** The maximum number of names that an error lists. */
const MAX_LISTED_NAMES = 20

/** The tags of the input `image-tags`. */
export interface GivenTags {
  readonly tags: readonly string[]
  /** The items that are whole references, such as `public.ecr.aws/alias/name:tag`. */
  readonly references: readonly string[]
}

/** The names of an image in its archives. */
interface ArchiveNames {
  readonly tags: readonly string[]
  readonly otherNames: readonly string[]
}

/**
 * Reads the items of the input `image-tags`: tags and whole references. An empty list is returned for an empty list.
 *
 * @throws ActionError if an item does not contain a valid tag, or if there are too many
 */
export function parseGivenTags(items: readonly string[]): GivenTags {
  const references = items.filter((item) => /[/:@]/.test(item))
  const tags = items.map((item) => {
    const tag = references.includes(item) ? (/:([^/:@]*)$/.exec(item)?.[1] ?? '') : item
    if (isTag(tag)) return tag
    throw problem({
      what: 'A tag is invalid',
      value: item,
      reason: reasonFor(tag === '' ? item : tag),
      expected:
        'Use a tag of 1 to 128 letters, digits, "_", "." and "-" that does not start with "." or "-", or the URI of the repository with a tag.'
    })
  })
  return { tags: checkCount([...new Set(tags)]), references }
}

/** @throws ActionError if a reference of the input `image-tags` is one of another repository */
export function checkReferences(
  { references }: GivenTags,
  { uri, path, name }: Pick<PushTarget, 'uri' | 'path' | 'name'>
): void {
  for (const reference of references) {
    const repository = reference.slice(0, reference.lastIndexOf(':'))
    if (repository === uri || repository === path || repository === name) continue
    throw problem({
      what: 'Input "image-tags" contains a reference to another repository',
      value: reference,
      expected: `The target repository is ${uri}.`,
      fix: 'Remove the reference, or give only the tags.'
    })
  }
}

/**
 * Returns the tags of an image in its archives.
 *
 * @throws ActionError if there are none, with the names that cannot be tags, or if there are too many
 */
export function checkArchiveTags({ tags, otherNames }: ArchiveNames): readonly string[] {
  if (tags.length > 0) return checkCount(tags)
  throw noTagProblem(otherNames)
}

/** Returns a warning about the names in the archives that cannot be tags, or `undefined` if there are none. */
export function describeOtherNames({ tags, otherNames }: ArchiveNames): string | undefined {
  // containerd also names an image by its digest, which is not meant as a tag.
  const name = otherNames.find((each) => !hasDigest(each))
  if (name === undefined || tags.length === 0) return undefined
  return `The name "${name}" in the archive is not used as a tag. ${reasonFor(name)}`
}

function noTagProblem(otherNames: readonly string[]): ActionError {
  const [name, another] = otherNames
  const meant = otherNames.find(
    (each) => !hasDigest(each) && describePlaceholder(each) === undefined && !isTag(each)
  )
  return problem({
    what: 'The archive does not contain a tag for the image',
    value: another === undefined ? name : undefined,
    reason: name === undefined ? undefined : reasonForAll(otherNames),
    fix:
      meant === undefined
        ? 'Set the input "image-tags", or set it to "none" to push the image without a tag.'
        : `Set the input "image-tags", for example to "${suggestTag(meant)}".`
  })
}

/** Returns the names, if there are several, and why none of them is a tag. */
function reasonForAll(names: readonly string[]): string {
  const reasons = [...new Set(names.map(reasonFor))].join(' ')
  if (names.length === 1) return `This name cannot be used as a tag. ${reasons}`
  const listed = names.slice(0, MAX_LISTED_NAMES).join(', ')
  const more = names.length - MAX_LISTED_NAMES
  return `Its names cannot be used as tags: ${listed}${more > 0 ? `, and ${more} more` : ''}. ${reasons}`
}

/** Returns why a name is not a tag, as a full sentence. */
function reasonFor(name: string): string {
  if (hasDigest(name)) return 'The name contains the digest of the image instead of a tag.'
  const placeholder = describePlaceholder(name)
  if (placeholder !== undefined) return placeholder
  const tag = tagPartOf(name)
  const [character] = /[^A-Za-z0-9_.-]/u.exec(tag) ?? []
  if (character !== undefined) return `A tag cannot contain "${character}".`
  if (/^[.-]/.test(tag)) return `A tag cannot start with "${tag.charAt(0)}".`
  return tag === '' || isTag(tag)
    ? 'It does not contain a tag.'
    : 'A tag has at most 128 characters.'
}

/** Returns the part of a reference that is meant as its tag, `1.0+b` of `ghcr.io/team/app:1.0+b`, or the whole name. */
function tagPartOf(name: string): string {
  return /^[^:@]+(?::\d+\/[^:@]*)?:([^/:@]*)$/.exec(name)?.[1] ?? name
}

function hasDigest(name: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(name)
}

function suggestTag(name: string): string {
  return (tagPartOf(name) || name)
    .replace(/[^A-Za-z0-9_.-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)
}

function checkCount(tags: readonly string[]): readonly string[] {
  if (tags.length <= MAX_TAGS_PER_IMAGE) return tags
  throw problem({
    what: 'The image has too many tags',
    value: String(tags.length),
    expected: `ECR Public allows at most ${MAX_TAGS_PER_IMAGE} tags per image. This quota cannot be increased.`
  })
}
