import { rangeOf, startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangesWithout } from './edits.js'
import type { Range } from './edits.js'
import { headingKey } from './headings.js'

/** Which stretches of a README become which text. */
export interface ReadmeRanges {
  readonly about: readonly Range[]
  /** `undefined` where no heading of the README is one of those asked for. */
  readonly usage: readonly Range[] | undefined
}

/**
 * Divides a README: the sections under the given headings are the usage text, the rest is the about text.
 * A section is a heading with all that is below it, up to the next heading of its level or a higher one.
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

/** `true` where one of the ranges holds the start of the node. */
export function startsWithin(
  node: Parameters<typeof rangeOf>[0],
  ranges: readonly Range[]
): boolean {
  const { start } = rangeOf(node)
  return ranges.some((range) => range.start <= start && start < range.end)
}
