import { definitionsText, listNeeded, mapDefinitions } from './definitions.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import { listCuts } from './list-cuts.js'
import type { Cut } from './list-cuts.js'
import type { AnyDefinition } from './parse-markdown.js'

/** A text within the limit. */
export interface TruncatedText {
  readonly text: string
  /** Set if the text was truncated. */
  readonly cut?: { readonly length: number; readonly section: string | undefined } | undefined
}

/**
 * Truncates a text that is longer than the limit: before a heading, or before another block, between list items or at
 * the end of a sentence or word if more than half of the limit would remain unused. A code block, table, list item or
 * HTML block is never split. The definitions that the kept text needs are kept, followed by `ending`.
 *
 * @param limit in UTF-16 code units, which are never fewer than the characters that the API counts
 * @param ending Markdown that links to the full text
 */
export function truncateMarkdown(text: string, limit: number, ending: string): TruncatedText {
  if (text.length <= limit) return { text }
  const document = parseDocument(text)
  const definitions = mapDefinitions(document)
  const cut = chooseCut(document, definitions, limit, ending)
  return {
    text: render(document, definitions, cut, ending),
    cut: { length: cut.offset, section: sectionAt(document, cut.offset) }
  }
}

/** Returns the heading of the section that contains an offset, or `undefined` before the first heading. */
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
