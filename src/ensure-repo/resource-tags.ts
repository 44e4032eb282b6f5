import { problem } from '../runner/errors.js'
import type { ResourceTag } from '../runner/inputs/inputs.js'

/** The maximum number of resource tags per repository. Tags that AWS sets do not count. */
export const MAX_RESOURCE_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256
/** The characters of keys and values (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). */
const ALLOWED_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
/** Only AWS sets and removes tags whose key has this prefix. */
const RESERVED_PREFIX = /^aws:/i

/** The changes to the resource tags of one repository. */
export interface ResourceTagDiff {
  /** Tags that are new or have another value. */
  readonly set: readonly (ResourceTag & { readonly isNew: boolean })[]
  readonly kept: readonly ResourceTag[]
  /** Keys of the tags to remove. */
  readonly removed: readonly string[]
}

/**
 * Checks resource tags before the first API call.
 *
 * @throws ActionError if there are too many tags, or the service would reject a key or value
 */
export function checkResourceTags(tags: readonly ResourceTag[]): void {
  if (tags.length > MAX_RESOURCE_TAGS) {
    throw problem({
      what: 'Input "resource-tags" has too many tags',
      value: String(tags.length),
      expected: `A repository can have at most ${MAX_RESOURCE_TAGS} resource tags.`
    })
  }
  for (const { key, value } of tags) {
    checkText('key', key, MAX_KEY_LENGTH)
    checkText('value', value, MAX_VALUE_LENGTH)
    if (!RESERVED_PREFIX.test(key)) continue
    throw problem({
      what: 'Input "resource-tags" has a reserved key',
      value: key,
      expected: 'Use keys that do not begin with "aws:".'
    })
  }
}

function checkText(part: 'key' | 'value', text: string, maxLength: number): void {
  if (text.length <= maxLength && ALLOWED_CHARACTERS.test(text)) return
  throw problem({
    what: `Input "resource-tags" has an invalid ${part}`,
    value: text,
    expected: `A ${part} has at most ${maxLength} characters: letters, digits, spaces and _ . : / = + - @.`
  })
}

/**
 * Compares the current resource tags of a repository with the desired ones. Tags that are not listed are kept, or
 * removed if `prunes` is set. Tags that AWS sets are always kept.
 *
 * @throws ActionError if the repository would have too many tags
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
    expected: `A repository can have at most ${MAX_RESOURCE_TAGS} resource tags.`,
    fix: 'List fewer tags, or set "prune-resource-tags: true" to remove the tags that are not listed.'
  })
}
