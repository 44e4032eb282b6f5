import { startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf, rangesWithout } from './edits.js'
import type { Range } from './edits.js'
import { headingKey } from './headings.js'

/** The ranges of a README that become the about and the usage text. */
export interface ReadmeRanges {
  readonly about: readonly Range[]
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: readonly Range[] | undefined
}

/**
 * Splits a README. The sections under the usage headings become the usage text, the rest becomes the about text. A
 * section ends at the next heading of the same or a higher level.
 *
 * @param usageHeadings compared by `headingKey`
 */
export function splitReadme(
  document: MarkdownDocument,
  usageHeadings: readonly string[]
): ReadmeRanges {
  const whole: Range = { start: 0, end: document.text.length }
  const keys = new Set(usageHeadings.map(headingKey))
  const usage: Range[] = []
  for (const [at, heading] of document.headings.entries()) {
    const start = startOfHeading(document, heading)
    if (!keys.has(headingKey(heading.text)) || start < (usage.at(-1)?.end ?? 0)) continue
    const next = document.headings.slice(at + 1).find(({ level }) => level <= heading.level)
    usage.push({ start, end: next === undefined ? whole.end : startOfHeading(document, next) })
  }
  if (usage.length === 0) return { about: [whole], usage: undefined }
  return { about: rangesWithout(whole, usage), usage: joinAdjacent(usage) }
}

function joinAdjacent(ranges: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last?.end === range.start) joined[joined.length - 1] = { ...last, end: range.end }
    else joined.push(range)
  }
  return joined
}

/** Returns `true` if one of the ranges contains the start of the node. */
export function startsWithin(
  node: Parameters<typeof rangeOf>[0],
  ranges: readonly Range[]
): boolean {
  const { start } = rangeOf(node)
  return ranges.some((range) => range.start <= start && start < range.end)
}
