import { problem } from '../runner/errors.js'

/** The API model's RepositoryName: 2 to 205 characters of this pattern. */
const NAME_PATTERN = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const MIN_NAME_LENGTH = 2
const MAX_NAME_LENGTH = 205

/** The hosts that serve every registry of ECR Public. The second one is the dual-stack host. */
const PUBLIC_HOSTS = ['public.ecr.aws', 'ecr-public.aws.com']

/** One line of the input "repository", or the repository in the input "from". */
export interface RepositoryReference {
  /** The name of the input, for errors. */
  readonly input: 'repository' | 'from'
  /** The line as written. */
  readonly text: string
  /** `true` if the line begins with `!`: it removes its matches from the selection. */
  readonly isExclusion: boolean
  /** The registry host, if the line is a URI. */
  readonly host?: string | undefined
  /** The part after the host: `alias/name` of a URI, otherwise `name` or `alias/name`. */
  readonly path: string
}

/**
 * Parses `name`, `alias/name` or a URI, with a leading `!` for an exclusion.
 *
 * @throws ActionError if the line is an ARN, or has a URL scheme, a tag or digest, or a host without alias and name
 */
export function parseRepositoryReference(
  text: string,
  input: RepositoryReference['input'] = 'repository'
): RepositoryReference {
  const isExclusion = text.startsWith('!')
  const bare = (isExclusion ? text.slice(1).trim() : text).replace(/^https?:\/\//, '')
  rejectOtherForms(bare, text, input)
  const [begin = '', ...rest] = bare.split('/')
  const first = begin.toLowerCase()
  const isHost =
    rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') && isHostName(first)
  const path = isHost ? rest.join('/') : bare
  if (/[@:]/.test(path)) {
    throw problem({
      what: `Input "${input}" contains a tag or digest`,
      value: text,
      expected: 'Use a repository name, alias/name or the repository URI.',
      fix: 'Remove the tag or digest after the name.'
    })
  }
  if (isHost && rest.length < 2) {
    throw problem({
      what: `Input "${input}" is missing the alias or the name`,
      value: text,
      expected: 'Use HOST/ALIAS/NAME, as the API returns it in repositoryUri.'
    })
  }
  return { input, text, isExclusion, host: isHost ? first : undefined, path }
}

function rejectOtherForms(bare: string, text: string, input: RepositoryReference['input']): void {
  const expected = 'Use a repository name, alias/name or the repository URI.'
  if (bare.startsWith('arn:')) {
    throw problem({
      what: `Input "${input}" contains an ARN`,
      value: text,
      expected,
      fix: 'Use the part of the ARN after "repository/".'
    })
  }
  const scheme = /^[a-z][a-z\d+.-]*:\/\//i.exec(bare)?.[0]
  if (scheme === undefined) return
  throw problem({
    what: `Input "${input}" contains a URL scheme`,
    value: text,
    expected,
    fix: `Remove "${scheme}".`
  })
}

/** Distinguishes a host from the first segment of a repository name that contains a dot (`my.app/web`). */
function isHostName(text: string): boolean {
  return (
    text === 'localhost' ||
    /:\d+$/.test(text) ||
    PUBLIC_HOSTS.includes(text) ||
    /^\d+(?:\.\d+){3}$/.test(text) ||
    /\.(?:com|io|org|net|aws|dev|cn)$/.test(text)
  )
}

/** Returns `true` if both hosts serve the same registry. */
export function isSameHost(given: string, actual: string): boolean {
  return given === actual || (PUBLIC_HOSTS.includes(given) && PUBLIC_HOSTS.includes(actual))
}

/** Returns `true` if the service accepts the text as a repository name. */
export function isRepositoryName(text: string): boolean {
  const fits = text.length >= MIN_NAME_LENGTH && text.length <= MAX_NAME_LENGTH
  return fits && NAME_PATTERN.test(text)
}

/**
 * Checks a repository name and returns it.
 *
 * @param reference the line that contains the name, for errors
 * @throws ActionError if the service would reject the name
 */
export function checkRepositoryName(
  name: string,
  { input, text }: Pick<RepositoryReference, 'input' | 'text'>
): string {
  if (isRepositoryName(name)) return name
  throw problem({
    what: `Input "${input}" contains an invalid repository name`,
    value: text,
    expected: `Use ${MIN_NAME_LENGTH} to ${MAX_NAME_LENGTH} characters: lowercase letters and digits, separated by single . _ - or /.`
  })
}
