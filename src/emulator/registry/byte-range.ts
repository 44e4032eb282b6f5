/** The bytes that a request asks for; `first` and `last` are inclusive, as in HTTP. */
export type ByteRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * Reads a `Range` header (RFC 9110, 14.2) against a size in bytes. What is no single range of bytes
 * is ignored, as a server may: the whole is served.
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
 * Reads the `Content-Range` of an upload's chunk, `FIRST-LAST` with both inclusive (OCI distribution
 * specification, "Pushing a blob in chunks"); with `bytes ` before it and a total after it as HTTP
 * has it, too. `undefined` where it is no range.
 */
export function parseContentRange(header: string): { first: number; last: number } | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim())
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return first <= last ? { first, last } : undefined
}
