import type { RootContent } from 'mdast'
import {
  definitionKey,
  definitionsText,
  findRemovableLines,
  listNeeded,
  mapDefinitions
} from './definitions.js'
import type { AnyDefinition } from './definitions.js'
import { rangeOf } from './document.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits } from './edits.js'
import type { Edit, Range } from './edits.js'
import { startsWithin } from './split-readme.js'

/**
 * The text of one part of a document: its stretches as written, with the edits made and a blank line
 * between stretches that were apart, and the definitions that it uses and that stand in the other part.
 * Definitions that the other part alone uses move there; the rest stays where it is.
 */
export function assemblePart(
  document: MarkdownDocument,
  ranges: readonly Range[],
  edits: readonly Edit[]
): string {
  const definitions = mapDefinitions(document)
  const inside = document.tree.children.filter((node) => startsWithin(node, ranges))
  const outside = document.tree.children.filter((node) => !startsWithin(node, ranges))
  const needed = listNeeded(inside, definitions)
  const removed = listRemoved(document, inside, needed, listNeeded(outside, definitions))
  const own = ranges
    .map((range) => applyEdits(document.text, withRemovals(edits, removed), range))
    .map(trimBlankLines)
    .filter((piece) => piece !== '')
    .join('\n\n')
  const carried = definitionsText(
    [...definitions]
      .filter(([key, node]) => needed.has(key) && !startsWithin(node, ranges))
      .map(([, node]) => node),
    document,
    edits
  )
  const end =
    document.text.endsWith('\n') || ranges.at(-1)?.end !== document.text.length ? '\n' : ''
  if (carried === '') return own === '' ? '' : own + end
  return isOpenEnded(inside.findLast(isRendered), document.text)
    ? `${carried}\n\n${own}${end}`
    : `${own}\n\n${carried}\n`
}

/** The lines of definitions that only the other part uses, and of repeated ones, which count nowhere. */
function listRemoved(
  document: MarkdownDocument,
  inside: readonly RootContent[],
  needed: ReadonlySet<string>,
  neededElsewhere: ReadonlySet<string>
): Range[] {
  const first = mapDefinitions(document)
  return inside.filter(isDefinition).flatMap((node) => {
    const key = definitionKey(node)
    const isRepeated = first.get(key) !== node
    if (needed.has(key) ? !isRepeated : !neededElsewhere.has(key)) return []
    const lines = findRemovableLines(document.tree.children.indexOf(node), document)
    return lines === undefined ? [] : [lines]
  })
}

function withRemovals(edits: readonly Edit[], removed: readonly Range[]): Edit[] {
  const isGone = (edit: Edit): boolean =>
    removed.some(({ start, end }) => start <= edit.start && edit.end <= end)
  return [
    ...edits.filter((edit) => !isGone(edit)),
    ...removed.map((range): Edit => ({ ...range, text: '' }))
  ]
}

/** Blank lines before and after; the indentation of the first line with text stays, it may be code. */
function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').replace(/[ \t\n]+$/, '')
}

/** A fence or an HTML block that only the end of the text ends, so that nothing can be put behind it. */
function isOpenEnded(node: RootContent | undefined, text: string): boolean {
  if (node === undefined) return false
  const { start, end } = rangeOf(node)
  const source = text.slice(start, end)
  if (node.type === 'code') {
    const fence = /^(?:`{3,}|~{3,})/.exec(source)?.[0]
    return fence !== undefined && !new RegExp(`\\n[ \\t]*${fence}+[ \\t]*$`).test(source)
  }
  if (node.type !== 'html') return false
  const closing = HTML_BLOCK_ENDS.find(([opening]) => opening.test(source))?.[1]
  return closing !== undefined && !closing.test(source)
}

/** The HTML blocks that a blank line does not end (https://spec.commonmark.org/0.31.2/#html-blocks, 1 to 5). */
const HTML_BLOCK_ENDS: readonly (readonly [RegExp, RegExp])[] = [
  [/^<(?:script|pre|style|textarea)\b/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [/^<![a-z]/i, />/]
]

function isDefinition(node: RootContent): node is AnyDefinition {
  return node.type === 'definition' || node.type === 'footnoteDefinition'
}

function isRendered(node: RootContent): boolean {
  return node.type !== 'definition'
}
