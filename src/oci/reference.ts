/** A reference to an image, `registry/path:tag@digest`, in the parts that choose one of an archive. */
export interface Reference {
  /** With its registry: `docker.io/library/app`, `ex.com/team/app`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** What Docker takes as a tag (https://github.com/distribution/reference, regexp.go). */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** A repository with or without its host (a name or an IPv6 address, a port), a little laxer than registries are. */
const NAME =
  /^(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\/)?[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/

/** `true` for text that a registry takes as a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * Reads a reference and completes what people leave out, as Docker does: `app` is
 * `docker.io/library/app`. No tag is added. `undefined` where it is none.
 */
export function parseReference(text: string): Reference | undefined {
  const match = /^([^@]+?)(?::([^:/@]+))?(?:@([a-z0-9]+:[0-9a-f]+))?$/.exec(text)
  const name = match?.[1]
  if (name === undefined || !NAME.test(name) || name.startsWith('-')) return undefined
  const [tag, digest] = [match?.[2], match?.[3]]
  if (tag !== undefined && !isTag(tag)) return undefined
  return { repository: completeName(name), tag, digest }
}

/** The name with its registry; the first part is one where it looks like a host. */
function completeName(name: string): string {
  const slash = name.indexOf('/')
  const host = slash === -1 ? '' : name.slice(0, slash)
  if (host === 'index.docker.io') return completeName(`docker.io${name.slice(slash)}`)
  if (host === 'docker.io' && !name.slice(slash + 1).includes('/')) {
    return `docker.io/library/${name.slice(slash + 1)}`
  }
  if (/[.:A-Z]/.test(host) || host === 'localhost') return name
  return `docker.io/${slash === -1 ? 'library/' : ''}${name}`
}
