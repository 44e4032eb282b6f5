import type { RootContent } from 'mdast'
import {
  definitionsText,
  findRemovableLines,
  isContent,
  listNeeded,
  mapDefinitions
} from './definitions.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { definitionKey } from './parse-markdown.js'
import type { AnyDefinition } from './parse-markdown.js'
import { startsWithin } from './split-readme.js'

/**
 * Returns the text of one part of a document: its ranges with the edits applied and separated by blank lines, and the
 * definitions that it uses from the other part. Definitions that only the other part uses are removed.
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
    .filter((text) => text !== '')
    .join('\n\n')
  const added = definitionsText(
    [...definitions]
      .filter(([key, node]) => needed.has(key) && !startsWithin(node, ranges))
      .map(([, node]) => node),
    document,
    edits
  )
  const end =
    document.text.endsWith('\n') || ranges.at(-1)?.end !== document.text.length ? '\n' : ''
  if (added === '') return own === '' ? '' : own + end
  return isOpenEnded(inside.findLast(isContent), document.text)
    ? `${added}\n\n${own}${end}`
    : `${own}\n\n${added}\n`
}

/** Returns the lines of definitions that only the other part uses, and of repeated definitions, which are ignored. */
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

/** Removes blank lines at the start and end. The indentation of the first line is kept, since it can be code. */
function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').replace(/[ \t\n]+$/, '')
}

/** Returns `true` for a code or HTML block that is not closed, so that text after it would become part of it. */
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

/** The start and end of HTML blocks of types 1 to 5, which can contain blank lines (https://spec.commonmark.org/0.31.2/#html-blocks). */
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
