/** What a path below `/v2/` names. `alias` and `name` are the two halves of a repository's path. */
export type Route =
  | { readonly kind: 'base' }
  | ({ readonly kind: 'manifest'; readonly reference: string } & RepositoryPath)
  | ({ readonly kind: 'blob'; readonly digest: string } & RepositoryPath)
  | ({ readonly kind: 'uploads' } & RepositoryPath)
  | ({ readonly kind: 'upload'; readonly uploadId: string } & RepositoryPath)
  | ({ readonly kind: 'tags' } & RepositoryPath)
  | ({ readonly kind: 'referrers'; readonly digest: string } & RepositoryPath)

/** A repository as clients name it: `alias/name`, where the name may have slashes of its own. */
export interface RepositoryPath {
  readonly alias: string
  readonly name: string
}

/**
 * Finds what a path names, after the table of endpoints of the OCI distribution specification 1.1;
 * `undefined` for a path that is none of them.
 *
 * @param path the path of the request, still percent-encoded
 */
export function findRoute(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' }
  const segments = decodeSegments(path)
  if (segments === undefined) return undefined
  const at = (index: number): string => segments.at(index) ?? ''
  // The shortest path with a repository in it: ['v2', alias, name, kind, what].
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
      // Without the slash at its end, as some clients start an upload.
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

/** The halves of `alias/name`; the name is empty where there is no slash. */
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
