import type { Node, RootContent } from 'mdast'
import { closeElements, lineStart } from './close-elements.js'
import type { MarkdownDocument } from './document.js'
import { countLeading, rangeOf } from './edits.js'
import { isContent } from './definitions.js'
import type { PartRange } from './split-readme.js'

/** The beginning of a part of a document. */
export interface PartBeginning {
  /** The ranges of the beginning, or the given ranges if they are not longer. */
  readonly kept: readonly PartRange[]
  /** The end tags of the HTML elements that are open at the end of the beginning. */
  readonly closing: string
}

/**
 * Returns the beginning of a part of a document, up to the end of the block, list item or table row at which it has a
 * length. Definitions do not count, since they are kept only if the beginning needs them.
 *
 * @param length in UTF-16 code units
 */
export function beginningOf(
  document: MarkdownDocument,
  ranges: readonly PartRange[],
  length: number
): PartBeginning {
  const { children } = document.tree
  let rest = length
  for (const [at, range] of ranges.entries()) {
    let index = countLeading(children, (node) => rangeOf(node).start < range.start)
    for (let node = children[index]; node !== undefined; node = children[++index]) {
      const { start, end } = rangeOf(node)
      if (start >= range.end) break
      const offset = rest <= 0 ? start : findChild(node, start + rest)
      if (offset !== undefined) {
        const kept = [...ranges.slice(0, at), { ...range, end: lineStart(document.text, offset) }]
        return { kept, closing: `\n${closeElements(document, [document.tree], offset)}\n` }
      }
      if (isContent(node)) rest -= end - start
    }
  }
  return { kept: ranges, closing: '' }
}

/** Returns the offset of the first list item or table row from an offset, but not of the first two. */
function findChild(node: RootContent, offset: number): number | undefined {
  if (node.type !== 'list' && node.type !== 'table') return undefined
  const children: readonly Node[] = node.children
  const index = countLeading(children, (child) => rangeOf(child).start < offset)
  const child = children[Math.max(index, 2)]
  return child && rangeOf(child).start
}
