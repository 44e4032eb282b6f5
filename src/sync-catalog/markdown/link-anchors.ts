import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits } from './edits.js'
import type { Edit } from './edits.js'
import { headingKey } from './headings.js'
import { AnchorFinder, listAnchorLinks, listAnchors } from './list-anchors.js'
import type { Anchor } from './list-anchors.js'
import type { PartRange } from './split-readme.js'

/** The anchors of a text that was made from a part of a README. */
export interface PartAnchors {
  /** The URL of the README on GitHub. */
  readonly url: string
  /** The ID in the README of each heading of the text, by its ID in the text. */
  readonly originalIds: ReadonlyMap<string, string>
}

/** A text whose links to anchors work, and its anchors. */
export interface LinkedPart {
  readonly text: string
  readonly anchors: PartAnchors
}

/**
 * Corrects the links of a text to anchors of the README that the text is a part of. A link to an anchor that is not in
 * the text leads to the README on GitHub, and a link to a heading whose anchor differs in the text is rewritten. Links
 * that do not work in the README are not changed.
 *
 * @param text the final text of the part. Its headings can be converted, and it can have more headings.
 * @param readme the whole README as GitHub shows it, with the parts that are skipped
 * @param ranges the ranges of the README that became the text
 * @param url the URL of the README on GitHub
 */
export function linkAnchors(
  text: string,
  readme: MarkdownDocument,
  ranges: readonly PartRange[],
  url: string
): LinkedPart {
  // Parsing a text takes most of the time.
  if (listAnchorLinks(readme).length === 0)
    return { text, anchors: { url, originalIds: new Map() } }
  const part = parseDocument(text)
  const all = listAnchors(readme)
  const own = listAnchors(part)
  const ids = matchHeadings(listOriginals(all, ranges), own)
  const inReadme = new AnchorFinder(all)
  const inPart = new AnchorFinder(own.filter(({ heading }) => heading === undefined))
  const edits = listAnchorLinks(part).flatMap(({ id, range, escape, url: written }): Edit[] => {
    const target = inReadme.find(id)
    if (target === undefined) return []
    const ownId = target.heading === undefined ? inPart.find(target.id)?.id : ids.get(target.id)
    const link = ownId === undefined ? url + fragment(target.id) : fragment(ownId)
    return isSameFragment(link, written) ? [] : [{ ...range, text: escape(link) }]
  })
  const originalIds = new Map(Array.from(ids, ([original, id]) => [id, original]))
  return { text: applyEdits(text, edits), anchors: { url, originalIds } }
}

/** The replacement of a link, for a text that is cut before the anchor that the link leads to. */
export interface CutAnchorEdit extends Edit {
  /** The offset of the anchor. */
  readonly target: number
}

/**
 * Returns the edits of all links to anchors of a text. With the edit of a link, it leads to the README on GitHub.
 *
 * @param part the text before it is cut
 * @param anchors from `linkAnchors`
 */
export function listCutAnchorEdits(
  part: MarkdownDocument,
  { url, originalIds }: PartAnchors
): CutAnchorEdit[] {
  const finder = new AnchorFinder(listAnchors(part))
  return listAnchorLinks(part).flatMap(({ id, range, escape }): CutAnchorEdit[] => {
    const target = finder.find(id)
    if (target === undefined) return []
    const text = escape(url + fragment(originalIds.get(target.id) ?? target.id))
    return [{ ...range, text, target: target.offset }]
  })
}

/** An anchor of the README that is in the text. */
interface OriginalAnchor extends Anchor {
  readonly isRepeated?: boolean | undefined
}

function listOriginals(all: readonly Anchor[], ranges: readonly PartRange[]): OriginalAnchor[] {
  return ranges.flatMap(({ start, end, isRepeated }) =>
    all
      .filter(({ offset }) => start <= offset && offset < end)
      .map((anchor) => ({ ...anchor, isRepeated }))
  )
}

/**
 * Returns the ID in the text of each heading of the README whose section is in the text, by its ID in the README. The
 * headings of the text are in the order of the originals, with others between them.
 */
function matchHeadings(
  originals: readonly OriginalAnchor[],
  own: readonly Anchor[]
): ReadonlyMap<string, string> {
  const positions = new Map<string, number[]>()
  for (const [at, { heading }] of originals.entries()) {
    if (heading === undefined) continue
    const key = headingKey(heading)
    const found = positions.get(key)
    if (found === undefined) positions.set(key, [at])
    else found.push(at)
  }
  const ids = new Map<string, string>()
  let next = 0
  for (const { heading, id } of own) {
    if (heading === undefined) continue
    const candidates = positions.get(headingKey(heading)) ?? []
    while ((candidates[0] ?? next) < next) candidates.shift()
    const at = candidates.shift()
    const original = at === undefined ? undefined : originals[at]
    if (at === undefined || original === undefined) continue
    if (original.isRepeated !== true) ids.set(original.id, id)
    next = at + 1
  }
  return ids
}

/** Encodes an anchor as GitHub does, and the characters that could end a URL in Markdown or HTML. */
function fragment(id: string): string {
  return `#${encodeURIComponent(id).replace(/[!'()*]/g, percentEncode)}`
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`
}

function isSameFragment(link: string, written: string): boolean {
  try {
    return decodeURIComponent(link) === decodeURIComponent(written.trim())
  } catch {
    return link === written
  }
}
