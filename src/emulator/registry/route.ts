/** The resource of a path below `/v2/`. */
export type Route =
  | { readonly kind: 'base' }
  | ({ readonly kind: 'manifest'; readonly reference: string } & RepositoryPath)
  | ({ readonly kind: 'blob'; readonly digest: string } & RepositoryPath)
  | ({ readonly kind: 'uploads' } & RepositoryPath)
  | ({ readonly kind: 'upload'; readonly uploadId: string } & RepositoryPath)
  | ({ readonly kind: 'tags' } & RepositoryPath)
  | ({ readonly kind: 'referrers'; readonly digest: string } & RepositoryPath)

/** The path of a repository: `alias/name`. The name can contain slashes. */
export interface RepositoryPath {
  readonly alias: string
  readonly name: string
}

/**
 * Returns the route of a path according to the endpoints of the OCI distribution specification 1.1,
 * or `undefined` if there is none.
 *
 * @param path the percent-encoded path of the request
 */
export function findRoute(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' }
  const segments = decodeSegments(path)
  if (segments === undefined) return undefined
  const at = (index: number): string => segments.at(index) ?? ''
  // The shortest path of a repository has five segments: 'v2', alias, name, kind, reference.
  if (segments.length >= 6 && at(-3) === 'blobs' && at(-2) === 'uploads') {
    const path = repositoryPath(segments.slice(1, -3))
    if (at(-1) === '') return { kind: 'uploads', ...path }
    return { kind: 'upload', uploadId: at(-1), ...path }
  }
  if (segments.length < 5) return undefined
  const path5 = repositoryPath(segments.slice(1, -2))
  const last = at(-1)
  switch (at(-2)) {
    case 'manifests':
      return last === '' ? undefined : { kind: 'manifest', reference: last, ...path5 }
    case 'blobs':
      // Some clients start an upload without the trailing slash.
      if (last === 'uploads') return { kind: 'uploads', ...path5 }
      return last === '' ? undefined : { kind: 'blob', digest: last, ...path5 }
    case 'tags':
      return last === 'list' ? { kind: 'tags', ...path5 } : undefined
    case 'referrers':
      return last === '' ? undefined : { kind: 'referrers', digest: last, ...path5 }
    default:
      return undefined
  }
}

/** Splits `alias/name`. The name is empty without a slash. */
export function repositoryPath(segments: readonly string[]): RepositoryPath {
  return { alias: segments[0] ?? '', name: segments.slice(1).join('/') }
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith('/v2/')) return undefined
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}
