import { isSha256Digest } from '../../oci/digest.js'
import { isTag } from '../../oci/reference.js'
import { problem } from '../../runner/errors.js'

/** The image to promote, as input `from` names it. */
export interface SourceReference {
  /** A name, `alias/name` or a repository URI. */
  readonly repository: string
  /** The tag, or the digest if there is one. */
  readonly tagOrDigest: string
}

/**
 * Reads input `from`: `name:tag` or `name@sha256:<hex>`, in which the name can also be a repository URI.
 *
 * @throws ActionError if the tag and the digest are missing, or if one of them is invalid
 */
export function parseSourceReference(text: string): SourceReference {
  const [scheme] = /^(?!https?:)[a-z-]+:\/\//.exec(text) ?? []
  if (scheme !== undefined) {
    throw invalid(text, `It has the prefix "${scheme}".`, `Remove "${scheme}".`)
  }
  if (/[,\s]/.test(text)) throw invalid(text, 'It must name one image.')
  const [, repository, tag, digest] = /^([^@]+?)(?::([^:/@]*))?(?:@(.*))?$/.exec(text) ?? []
  if (repository === undefined || repository.startsWith(':'))
    throw invalid(text, 'The name of the repository is missing.')
  if (tag !== undefined && !isTag(tag)) throw invalid(text, 'The tag is not valid.')
  if (digest !== undefined && !isSha256Digest(digest)) {
    throw invalid(text, 'The digest is not "sha256:" and 64 lowercase hexadecimal digits.')
  }
  const tagOrDigest = digest ?? tag
  if (tagOrDigest === undefined) throw invalid(text, 'It does not have a tag or a digest.')
  return { repository, tagOrDigest }
}

function invalid(value: string, reason: string, fix?: string): Error {
  return problem({
    what: 'Input "from" is not a reference to an image',
    value,
    reason,
    expected: 'Use "name:tag", "name@sha256:…", or the URI of an image in the same registry.',
    fix
  })
}
