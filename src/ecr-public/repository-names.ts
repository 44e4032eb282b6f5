import { problem } from '../runner/errors.js'

/** The API model's RepositoryName: 2 to 205 characters of this pattern. */
const NAME_PATTERN = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const MIN_NAME_LENGTH = 2
const MAX_NAME_LENGTH = 205

/** The hosts that serve every registry of ECR Public: the usual one and its dual-stack twin. */
const PUBLIC_HOSTS = ['public.ecr.aws', 'ecr-public.aws.com']

/** What a user wrote for a repository, taken apart. */
export interface RepositoryReference {
  /** As written. */
  readonly text: string
  /** The registry host, where a whole URI was given. */
  readonly host?: string | undefined
  /** All that follows the host: `alias/name` where there is a host, else `name` or `alias/name`. */
  readonly path: string
}

/**
 * Takes `name`, `alias/name` or a whole URI apart.
 *
 * @throws ActionError where it names a tag or digest, or a host without alias and name
 */
export function parseRepositoryReference(text: string): RepositoryReference {
  const bare = text.replace(/^https?:\/\//, '')
  const [first = '', ...rest] = bare.split('/')
  const isHost =
    rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') && isHostName(first)
  const path = isHost ? rest.join('/') : bare
  if (/[@:]/.test(path)) {
    throw problem({
      what: 'Input "repository" names a tag or digest',
      value: text,
      expected: 'a repository name, alias/name or the repository URI',
      fix: 'leave out what follows the name'
    })
  }
  if (isHost && rest.length < 2) {
    throw problem({
      what: 'Input "repository" lacks the alias or the name',
      value: text,
      expected: 'HOST/ALIAS/NAME, as the API returns it in repositoryUri'
    })
  }
  return { text, host: isHost ? first : undefined, path }
}

/** A host name has a dot that is no separator of a repository name (`my.app/web`), or a port, or is `localhost`. */
function isHostName(text: string): boolean {
  return (
    text === 'localhost' ||
    /:\d+$/.test(text) ||
    PUBLIC_HOSTS.includes(text) ||
    /^\d+(?:\.\d+){3}$/.test(text) ||
    /\.(?:com|io|org|net|aws|dev|cn)$/.test(text)
  )
}

/** `true` where both hosts serve the same registry. */
export function isSameHost(given: string, actual: string): boolean {
  return given === actual || (PUBLIC_HOSTS.includes(given) && PUBLIC_HOSTS.includes(actual))
}

/** Checks a repository name. @throws ActionError where the service would refuse it */
export function checkRepositoryName(name: string, text: string): string {
  const fits = name.length >= MIN_NAME_LENGTH && name.length <= MAX_NAME_LENGTH
  if (fits && NAME_PATTERN.test(name)) return name
  throw problem({
    what: 'Input "repository" holds a name that ECR Public does not take',
    value: text,
    expected: `${MIN_NAME_LENGTH} to ${MAX_NAME_LENGTH} characters: lower-case letters and digits, single . _ - between them, / between segments`
  })
}

/** `true` where the path has the special characters of a glob. */
export function isGlob(path: string): boolean {
  return /[*?[\]{}!]/.test(path)
}
