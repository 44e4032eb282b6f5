/** A reference to an image: `registry/path:tag@digest`. */
export interface Reference {
  /** The repository with its registry: `docker.io/library/app`, `ex.com/team/app`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/**
 * The tag syntax of the OCI distribution specification ("Pulling manifests"). The ECR Public API accepts tags of up to
 * 300 characters, but no client can pull a tag that does not match this.
 */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** A repository with an optional host (a name or an IPv6 address, and a port). Registries accept a little less. */
const NAME =
  /^(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\/)?[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/

/** Returns `true` for a valid tag. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * Reads a reference and completes its repository as Docker does: `app` is `docker.io/library/app`. A missing tag
 * remains `undefined`. Returns `undefined` if the text is not a reference.
 */
export function parseReference(text: string): Reference | undefined {
  const match = /^([^@]+?)(?::([^:/@]+))?(?:@([a-z0-9]+:[0-9a-f]+))?$/.exec(text)
  const name = match?.[1]
  if (name === undefined || !NAME.test(name) || name.startsWith('-')) return undefined
  const [tag, digest] = [match?.[2], match?.[3]]
  if (tag !== undefined && !isTag(tag)) return undefined
  return { repository: completeName(name), tag, digest }
}

/** Returns the reference in its complete form, or the text itself if it is not a reference. */
export function completeReference(text: string): string {
  const parsed = parseReference(text)
  return parsed === undefined ? text : `${parsed.repository}:${parsed.tag ?? ''}`
}

/** Returns the name with its registry. The first component is a registry only if it looks like a host. */
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
