/** How deep JSON that people and tools write may nest: ten levels are many, and each level takes stack. */
export const MAX_JSON_DEPTH = 100

/** `true` where the lists and objects of a JSON value lie within each other deeper than `MAX_JSON_DEPTH`. */
export function isTooDeep(json: unknown): boolean {
  let level = [json]
  for (let depth = 0; depth <= MAX_JSON_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : []
    )
    if (level.length === 0) return false
  }
  return true
}
