import { rangeOf, readDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { definitionsText, listNeeded, mapDefinitions } from './definitions.js'
import type { AnyDefinition } from './definitions.js'
import { listCuts } from './list-cuts.js'
import type { Cut } from './list-cuts.js'

/** A text that fits. */
export interface TruncatedText {
  readonly text: string
  /** Set where the text was cut. */
  readonly cut?: { readonly length: number; readonly section: string | undefined } | undefined
}

/**
 * The text, cut where it is longer than the limit: before a heading, or where that would cost more than
 * half of the room, before a paragraph or another block, or between the items of a list; only within a
 * paragraph that alone is longer than the room, at the end of a sentence or word. Never within a fence, table, list
 * item or HTML block. Link definitions and footnotes that the kept text needs are kept, and `ending` comes last.
 *
 * @param limit in UTF-16 code units. The API's model counts characters; no text has more of them than of
 *   code units, so that the result fits however the service counts
 * @param ending Markdown that says where the whole text is
 */
export function truncateMarkdown(text: string, limit: number, ending: string): TruncatedText {
  if (text.length <= limit) return { text }
  const document = readDocument(text)
  const definitions = mapDefinitions(document)
  const cut = chooseCut(document, definitions, limit, ending)
  return {
    text: render(document, definitions, cut, ending),
    cut: { length: cut.offset, section: sectionAt(document, cut.offset) }
  }
}

/** The heading under which an offset lies, or `undefined` where it is before the first one. */
export function sectionAt(document: MarkdownDocument, offset: number): string | undefined {
  const heading = document.headings.findLast(({ index }) => {
    const node = document.tree.children[index]
    return node !== undefined && rangeOf(node).start < offset
  })
  return heading?.text.trim()
}

const NOTHING: Cut = { offset: 0, kind: 'block', closing: '' }

function chooseCut(
  document: MarkdownDocument,
  definitions: ReadonlyMap<string, AnyDefinition>,
  limit: number,
  ending: string
): Cut {
  const fits = (cut: Cut): boolean => render(document, definitions, cut, ending).length <= limit
  const cuts = listCuts(document, limit)
  const best = (kind: Cut['kind']): Cut =>
    cuts.findLast((cut) => cut.kind === kind && fits(cut)) ?? NOTHING
  let longest = NOTHING
  for (const kind of ['heading', 'block', 'within-element', 'within-paragraph'] as const) {
    const cut = best(kind)
    if (cut.offset >= limit / 2) return cut
    if (cut.offset > longest.offset) longest = cut
  }
  return longest
}

function render(
  document: MarkdownDocument,
  definitions: ReadonlyMap<string, AnyDefinition>,
  cut: Cut,
  ending: string
): string {
  const kept = document.tree.children.filter((node) => rangeOf(node).start < cut.offset)
  const needed = listNeeded(kept, definitions, cut.offset)
  const beyond = [...definitions]
    .filter(([key, node]) => needed.has(key) && rangeOf(node).start >= cut.offset)
    .map(([, node]) => node)
  const pieces = [
    document.text.slice(0, cut.offset).replace(/[ \t\n]+$/, ''),
    cut.closing,
    definitionsText(beyond, document, []),
    ending
  ]
  return `${pieces.filter((piece) => piece !== '').join('\n\n')}\n`
}
