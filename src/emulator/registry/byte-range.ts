/** The requested bytes. `first` and `last` are inclusive, as in HTTP. */
export type ByteRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * Parses a `Range` header (RFC 9110, section 14.2) for a blob of `size` bytes. Anything except a
 * single byte range is ignored, as RFC 9110 allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null) return { kind: 'all' }
  const [from, to] = [match[1] ?? '', match[2] ?? '']
  if (from === '' && to === '') return { kind: 'all' }
  if (from === '') {
    const length = Math.min(Number(to), size)
    if (length === 0) return { kind: 'unsatisfiable' }
    return { kind: 'part', first: size - length, last: size - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return { kind: 'all' }
  if (first >= size) return { kind: 'unsatisfiable' }
  return { kind: 'part', first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

/**
 * Parses the `Content-Range` of a chunk: `FIRST-LAST`, both inclusive (OCI distribution
 * specification, "Pushing a blob in chunks"). It also accepts the HTTP format `bytes
 * FIRST-LAST/TOTAL`. Returns `undefined` if it is not valid.
 */
export function parseContentRange(header: string): { first: number; last: number } | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim())
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return first <= last ? { first, last } : undefined
}
