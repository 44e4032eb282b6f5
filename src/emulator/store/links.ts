/** Adds `from` to the set of `to`. */
export function link(links: Map<string, Set<string>>, to: string, from: string): void {
  links.set(to, (links.get(to) ?? new Set()).add(from))
}

/** Removes `from` from the set of `to`, and the set if it is empty. */
export function unlink(links: Map<string, Set<string>>, to: string, from: string): void {
  const known = links.get(to)
  known?.delete(from)
  if (known?.size === 0) links.delete(to)
}
