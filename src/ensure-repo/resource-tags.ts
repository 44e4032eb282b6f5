import { problem } from '../runner/errors.js'
import type { ResourceTag } from '../runner/inputs/inputs.js'

/** How many resource tags a repository may have, those of AWS itself not counted. */
export const MAX_RESOURCE_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256
/** What keys and values are made of (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). */
const ALLOWED_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
/** AWS keeps these for itself: nobody else sets or removes them. */
const RESERVED_PREFIX = /^aws:/i

/** What is to be done about the resource tags of one repository. */
export interface ResourceTagDiff {
  /** To be set: new ones, and those with another value. */
  readonly set: readonly (ResourceTag & { readonly isNew: boolean })[]
  readonly kept: readonly ResourceTag[]
  /** Keys to be removed. */
  readonly removed: readonly string[]
}

/**
 * Checks resource tags before anything is asked of the service.
 *
 * @throws ActionError for a key or value that it would refuse, and for too many
 */
export function checkResourceTags(tags: readonly ResourceTag[]): void {
  if (tags.length > MAX_RESOURCE_TAGS) {
    throw problem({
      what: 'Input "resource-tags" has too many of them',
      value: String(tags.length),
      expected: `at most ${MAX_RESOURCE_TAGS} a repository`
    })
  }
  for (const { key, value } of tags) {
    checkText('key', key, MAX_KEY_LENGTH)
    checkText('value', value, MAX_VALUE_LENGTH)
    if (!RESERVED_PREFIX.test(key)) continue
    throw problem({
      what: 'Input "resource-tags" has a key that AWS keeps for itself',
      value: key,
      expected: 'keys that do not begin with aws:'
    })
  }
}

function checkText(part: 'key' | 'value', text: string, maxLength: number): void {
  if (text.length <= maxLength && ALLOWED_CHARACTERS.test(text)) return
  throw problem({
    what: `Input "resource-tags" has a ${part} that AWS does not take`,
    value: text,
    expected: `at most ${maxLength} letters, digits, blanks and _ . : / = + - @`
  })
}

/**
 * How the resource tags of a repository become the desired ones. Those that are not listed are left, or
 * with `prunes` removed; those of AWS itself are left in any case.
 *
 * @throws ActionError where the repository would have too many
 */
export function diffResourceTags(
  name: string,
  current: ReadonlyMap<string, string>,
  desired: readonly ResourceTag[],
  prunes: boolean
): ResourceTagDiff {
  const keys = new Set(desired.map(({ key }) => key))
  const others = [...current.keys()].filter((key) => !keys.has(key) && !RESERVED_PREFIX.test(key))
  const diff: ResourceTagDiff = {
    set: desired
      .filter(({ key, value }) => current.get(key) !== value)
      .map((tag) => ({ ...tag, isNew: !current.has(tag.key) })),
    kept: desired.filter(({ key, value }) => current.get(key) === value),
    removed: prunes ? others : []
  }
  const total = keys.size + (prunes ? 0 : others.length)
  if (total <= MAX_RESOURCE_TAGS || diff.set.every(({ isNew }) => !isNew)) return diff
  throw problem({
    what: `Repository ${name} would have too many resource tags`,
    value: String(total),
    expected: `at most ${MAX_RESOURCE_TAGS}`,
    fix: 'list fewer, or remove those that are not listed with prune-resource-tags: true'
  })
}
