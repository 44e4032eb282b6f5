import { isTag } from '../oci/reference.js'
import { problem } from '../runner/errors.js'
import { MAX_TAGS_PER_IMAGE } from './limits.js'

/**
 * Returns the tags without duplicates.
 *
 * @throws ActionError if the list is empty or too long, or a tag is invalid
 */
export function checkTags(tags: readonly string[]): string[] {
  const unique = [...new Set(tags)]
  if (unique.length === 0) {
    throw problem({
      what: 'The archive does not contain a tag for the image',
      fix: 'Set the input "image-tags".'
    })
  }
  const invalid = unique.find((tag) => !isTag(tag))
  if (invalid !== undefined) {
    throw problem({
      what: 'A tag is invalid',
      value: invalid,
      expected:
        'Use a tag without the repository name: 1 to 128 letters, digits, "_", "." and "-", not starting with "." or "-".'
    })
  }
  if (unique.length > MAX_TAGS_PER_IMAGE) {
    throw problem({
      what: 'The image has too many tags',
      value: String(unique.length),
      expected: `ECR Public allows at most ${MAX_TAGS_PER_IMAGE} tags per image. This quota cannot be increased.`
    })
  }
  return unique
}
