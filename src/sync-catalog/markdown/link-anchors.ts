import GithubSlugger from 'github-slugger'
import { toString } from 'mdast-util-to-string'
import type { MarkdownDocument } from './document.js'
import { countLeading } from './edits.js'
import type { Edit, Editor } from './edits.js'
import { AnchorFinder, headingText, listAnchorLinks, listAnchors } from './list-anchors.js'
import type { Anchor, TextPiece } from './list-anchors.js'
import { parseMarkdown } from './parse-markdown.js'
import type { PartRange } from './split-readme.js'

/** The anchors of a text that was made from a part of a README. */
export interface PartAnchors {
  /** The URL of the README on GitHub. */
  readonly url: string
  /** The ID in the README of each heading of the text, by its ID in the text. */
  readonly originalIds: ReadonlyMap<string, string>
}

/** The edits that correct the links of a part to anchors, and its anchors. */
export interface LinkedPart {
  readonly edits: readonly Edit[]
  readonly anchors: PartAnchors
}

/** A README and the headings of the text that is made from it. */
export interface AnchorSource {
  /** The README without the parts that are skipped. */
  readonly document: MarkdownDocument
  /** The whole README, as GitHub shows it. */
  readonly original: MarkdownDocument
  /** Returns the offset in `original` of an offset in `document`. */
  readonly toOriginal: (offset: number) => number
  /** Returns a range of `document` after the edits that change the text of headings. */
  readonly edit: Editor
}

/**
 * Creates the function that corrects the links of a part of a README to anchors. A link to an anchor that is not in the
 * part leads to the README on GitHub, and a link to a heading whose anchor differs in the part is rewritten. Links that
 * do not work in the README are not changed.
 *
 * @param url the URL of the README on GitHub
 */
export function createAnchorLinker(
  source: AnchorSource,
  url: string
): (ranges: readonly PartRange[]) => LinkedPart {
  const links = listAnchorLinks(source.document)
  if (links.length === 0) return () => ({ edits: [], anchors: { url, originalIds: new Map() } })
  const originals = listAnchors(source.original)
  const inReadme = new AnchorFinder(originals)
  const anchors = matchAnchors(source, originals)
  return (ranges) => {
    const own = ranges.flatMap((range) => anchorsIn(anchors, range))
    const ids = numberHeadings(own)
    const inPart = new AnchorFinder(own.filter(({ heading }) => heading === undefined))
    const edits = links.flatMap(({ id, range, escape, url: written }): Edit[] => {
      const target = inReadme.find(id)
      if (target === undefined) return []
      const ownId = target.heading === undefined ? inPart.find(target.id)?.id : ids.get(target.id)
      const link = ownId === undefined ? url + fragment(target.id) : fragment(ownId)
      return isSameFragment(link, written) ? [] : [{ ...range, text: escape(link) }]
    })
    const originalIds = new Map(Array.from(ids, ([original, id]) => [id, original]))
    return { edits, anchors: { url, originalIds } }
  }
}

/** An anchor of the text that is made from a README. */
interface MatchedAnchor {
  readonly id: string
  readonly offset: number
  /** The text of a heading in the text. `undefined` for an `id` or `name` in HTML. */
  readonly heading: string | undefined
  /** The ID of the heading in the README. */
  readonly originalId?: string | undefined
  readonly isRepeated?: boolean | undefined
}

/** Returns the anchors of `source.document`, in order, with the text that each heading gets. */
function matchAnchors(source: AnchorSource, originals: readonly Anchor[]): MatchedAnchor[] {
  const byOffset = new Map(
    originals
      .filter(({ heading }) => heading !== undefined)
      .map(({ offset, id }) => [offset, id] as const)
  )
  const anchors = source.document === source.original ? originals : listAnchors(source.document)
  return anchors.map((anchor): MatchedAnchor => {
    const { id, offset, heading } = anchor
    if (heading === undefined) return { id, offset, heading }
    const originalId = byOffset.get(source.toOriginal(offset))
    return { id, offset, heading: editHeading(heading, source), originalId }
  })
}

/** Returns the text of a heading after the edits. */
function editHeading(
  pieces: readonly TextPiece[],
  { document, edit }: Pick<AnchorSource, 'document' | 'edit'>
): string {
  const edited = pieces.map(({ value, range }) => {
    const source = edit(range)
    if (source === document.text.slice(range.start, range.end)) return { value }
    const [, before = '', words = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(source) ?? []
    return { value: before + toString(parseMarkdown(`# ${words}`)) + after }
  })
  return headingText(edited)
}

function anchorsIn(anchors: readonly MatchedAnchor[], range: PartRange): MatchedAnchor[] {
  const { start, end, isRepeated } = range
  const first = countLeading(anchors, ({ offset }) => offset < start)
  const last = countLeading(anchors, ({ offset }) => offset < end)
  const found = anchors.slice(first, last)
  return isRepeated === true ? found.map((anchor) => ({ ...anchor, isRepeated })) : found
}

/** Returns the ID in the text of each heading whose section is in the text, by its ID in the README. */
function numberHeadings(anchors: readonly MatchedAnchor[]): ReadonlyMap<string, string> {
  const slugger = new GithubSlugger()
  const ids = new Map<string, string>()
  for (const { heading, originalId, isRepeated } of anchors) {
    if (heading === undefined) continue
    const id = slugger.slug(heading)
    if (originalId !== undefined && isRepeated !== true) ids.set(originalId, id)
  }
  return ids
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
 * @param anchors from `createAnchorLinker`
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
