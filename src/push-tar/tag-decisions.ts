import { problem } from '../runner/errors.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { isTag } from '../oci/reference.js'
import { MAX_TAGS_PER_IMAGE } from './limits.js'

/** A tag that the image is to get, and what it names now. */
export interface TagState {
  readonly tag: string
  /** `undefined` where there is no such tag yet. */
  readonly digest: string | undefined
}

/** What happens to a tag. */
export interface TagDecision extends TagState {
  /** `keep`: it names the image already; `skip`: it names another one, and stays. */
  readonly action: 'create' | 'move' | 'keep' | 'skip'
}

/**
 * The tags, each once.
 *
 * @throws ActionError where there are none, one is malformed, or there are more than an image can have
 */
export function checkTags(tags: readonly string[]): string[] {
  const unique = [...new Set(tags)]
  if (unique.length === 0) {
    throw problem({
      what: 'The archive gives the image no tag',
      fix: 'set the input "image-tags"'
    })
  }
  const malformed = unique.find((tag) => !isTag(tag))
  if (malformed !== undefined) {
    throw problem({
      what: 'A tag is malformed',
      value: malformed,
      expected:
        'a tag alone, without repository: 1 to 128 letters, digits, "_", "." and "-", the first no "." or "-"'
    })
  }
  if (unique.length > MAX_TAGS_PER_IMAGE) {
    throw problem({
      what: 'The image would get more tags than ECR Public allows',
      value: String(unique.length),
      expected: `at most ${MAX_TAGS_PER_IMAGE} (a quota that cannot be raised)`
    })
  }
  return unique
}

/**
 * Decides about the tags before anything is uploaded.
 *
 * @param digest of the image, or `undefined` where it is known that no tag names it yet
 * @throws ActionError where `if-tag-exists` is `fail` and a tag names another image
 */
export function decideTags(
  states: readonly TagState[],
  digest: string | undefined,
  ifTagExists: PushTarInputs['ifTagExists'],
  repositoryName: string
): TagDecision[] {
  const decisions = states.map((state): TagDecision => {
    if (state.digest === undefined) return { ...state, action: 'create' }
    if (state.digest === digest) return { ...state, action: 'keep' }
    return { ...state, action: ifTagExists === 'skip' ? 'skip' : 'move' }
  })
  const taken = decisions.filter(({ action }) => action === 'move')
  if (ifTagExists === 'fail' && taken.length > 0) {
    throw problem({
      what: 'A tag already names another image',
      value: taken.map((state) => `${repositoryName}:${state.tag}`).join(', '),
      expected: 'tags that do not exist yet or name this very image, as "if-tag-exists" is fail',
      fix: 'give other tags, or set "if-tag-exists" to move or skip'
    })
  }
  return decisions
}

/** `true` where the tag is to be set. */
export function isWritten(action: TagDecision['action']): boolean {
  return action === 'create' || action === 'move'
}
