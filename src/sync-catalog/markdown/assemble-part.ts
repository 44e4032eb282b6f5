import type { RootContent } from 'mdast'
import { definitionsText, isContent, listNeeded, listRemovableDefinitions } from './definitions.js'
import type { MarkdownDocument } from './document.js'
import { createEditor, RangeSet, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { definitionKey } from './list-definitions.js'

/**
 * Returns the text of one part of a document: its ranges with the edits applied and separated by blank lines, and the
 * definitions that it uses from the other part. Definitions that only the other part uses are removed.
 */
export function assemblePart(
  document: MarkdownDocument,
  ranges: readonly Range[],
  edits: readonly Edit[]
): string {
  const { tree, text, definitions } = document
  const part = new RangeSet(ranges)
  const isInside = (node: RootContent): boolean => part.has(rangeOf(node).start)
  const inside = tree.children.filter(isInside)
  const needed = listNeeded(inside, definitions)
  const elsewhere = listNeeded(
    tree.children.filter((node) => !isInside(node)),
    definitions
  )
  const edit = createEditor(text, [...listRemovals(document, part, needed, elsewhere), ...edits])
  const own = ranges
    .map(edit)
    .map(trimBlankLines)
    .filter((found) => found !== '')
    .join('\n\n')
  const added = definitionsText(
    [...definitions]
      .filter(([key, node]) => needed.has(key) && !part.has(rangeOf(node).start))
      .map(([, node]) => node),
    document,
    createEditor(text, edits)
  )
  const end = text.endsWith('\n') || ranges.at(-1)?.end !== text.length ? '\n' : ''
  if (added === '') return own === '' ? '' : own + end
  return isOpenEnded(inside.findLast(isContent), text)
    ? `${added}\n\n${own}${end}`
    : `${own}\n\n${added}\n`
}

/** Returns the edits that remove definitions that only the other part uses, and repeated ones, which are ignored. */
function listRemovals(
  document: MarkdownDocument,
  part: RangeSet,
  needed: ReadonlyMap<string, number>,
  neededElsewhere: ReadonlyMap<string, number>
): Edit[] {
  return listRemovableDefinitions(document).flatMap(({ node, lines, replacement }): Edit[] => {
    if (!part.has(rangeOf(node).start) || replacement !== '') return []
    const key = definitionKey(node)
    const isRepeated = document.definitions.get(key) !== node
    if (needed.has(key) ? !isRepeated : !neededElsewhere.has(key)) return []
    return [{ ...lines, text: '' }]
  })
}

/** Removes blank lines at the start and end. The indentation of the first line is kept, since it can be code. */
function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').replace(/[ \t\n]+$/, '')
}

/** Returns `true` for a code or HTML block that is not closed, so that text after it would become part of it. */
export function isOpenEnded(node: RootContent | undefined, text: string): boolean {
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
