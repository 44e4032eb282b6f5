import { startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf, rangesWithout } from './edits.js'
import type { Range } from './edits.js'
import { headingKey, headingKeys } from './headings.js'
import type { SectionHeading } from './headings.js'

/** A range of a README that becomes a part of a text. */
export interface PartRange extends Range {
  /** `true` for a heading that is repeated above a usage section. Its own section is in the about text. */
  readonly isRepeated?: boolean | undefined
}

/** The ranges of a README that become the about and the usage text. */
export interface ReadmeRanges {
  readonly about: readonly PartRange[]
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: readonly PartRange[] | undefined
}

/**
 * Splits a README. The sections under the usage headings become the usage text, the rest becomes the about text. A
 * section ends at the next heading of the same or a higher level. If two usage sections have the same name, the
 * headings above each section are repeated before it, so that readers can distinguish them.
 *
 * @param usageHeadings compared by `headingKey`
 */
export function splitReadme(
  document: MarkdownDocument,
  usageHeadings: readonly string[]
): ReadmeRanges {
  const whole: Range = { start: 0, end: document.text.length }
  const sections = listSections(document, new Set(usageHeadings.map(headingKey)))
  if (sections.length === 0) return { about: [whole], usage: undefined }
  const repeated = repeatParents(sections)
  return {
    about: rangesWithout(whole, sections),
    usage: joinAdjacent(
      sections.flatMap((section, at) => [
        ...(repeated[at] ?? []).map((heading) => repeatHeading(document, heading)),
        { start: section.start, end: section.end }
      ])
    )
  }
}

/** A usage section and the headings above it, the highest first. */
interface Section extends Range {
  readonly name: string
  readonly parents: readonly SectionHeading[]
}

function listSections(document: MarkdownDocument, keys: ReadonlySet<string>): Section[] {
  const sections: Section[] = []
  const parents: SectionHeading[] = []
  for (const [at, heading] of document.headings.entries()) {
    while ((parents.at(-1)?.level ?? 0) >= heading.level) parents.pop()
    const start = startOfHeading(document, heading)
    if (headingKeys(heading).some((key) => keys.has(key)) && start >= (sections.at(-1)?.end ?? 0)) {
      const next = findNext(document.headings, at)
      sections.push({
        start,
        end: next === undefined ? document.text.length : startOfHeading(document, next),
        name: headingKeys(heading).at(-1) ?? '',
        parents: [...parents]
      })
    }
    parents.push(heading)
  }
  return sections
}

/** Returns the heading that ends the section of a heading. */
function findNext(headings: readonly SectionHeading[], at: number): SectionHeading | undefined {
  const { level = 0 } = headings[at] ?? {}
  let next = at + 1
  while ((headings[next]?.level ?? 0) > level) next++
  return headings[next]
}

/**
 * Returns the headings to repeat before each section: as many levels as sections of the same name need to differ. A
 * heading is repeated once for all sections below it. After it, each section of another heading needs its own.
 */
function repeatParents(sections: readonly Section[]): SectionHeading[][] {
  const depth = findDepth(sections)
  const counts = new Map<string, number>()
  for (const { name } of sections) counts.set(name, (counts.get(name) ?? 0) + 1)
  let current: readonly SectionHeading[] = []
  return sections.map(({ name, parents }) => {
    if (depth === 0 || (counts.get(name) === 1 && current.length === 0)) return []
    const above = parents.slice(-depth)
    const repeated = above.filter((heading) => !current.includes(heading))
    current = above
    return repeated
  })
}

/** Returns 0 if all names differ, or if the headings above the sections are the same. */
function findDepth(sections: readonly Section[]): number {
  const maxDepth = Math.max(...sections.map(({ parents }) => parents.length))
  const count = (depth: number): number =>
    new Set(
      sections.map(({ name, parents }) =>
        [
          ...(depth === 0 ? [] : parents.slice(-depth)).map(({ text }) => headingKey(text)),
          name
        ].join('\n')
      )
    ).size
  const most = count(maxDepth)
  let depth = 0
  while (count(depth) < most) depth++
  return depth
}

function repeatHeading({ tree }: MarkdownDocument, { index }: SectionHeading): PartRange {
  const node = tree.children[index]
  return { ...(node === undefined ? { start: 0, end: 0 } : rangeOf(node)), isRepeated: true }
}

function joinAdjacent(ranges: readonly PartRange[]): PartRange[] {
  const joined: PartRange[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last?.end === range.start && last.isRepeated === range.isRepeated)
      joined[joined.length - 1] = { ...last, end: range.end }
    else joined.push(range)
  }
  return joined
}
