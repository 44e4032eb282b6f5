import type { Nodes, Parents } from 'mdast'
import { listKeptKeys } from './definitions.js'
import type { MarkdownDocument } from './document.js'
import { RangeSet, rangeOf } from './edits.js'
import type { Range } from './edits.js'
import { definitionKey } from './list-definitions.js'

/**
 * Returns the ranges of the references to footnotes whose definitions are all in removed ranges, in order. Without its
 * definition, a reference would be shown as written. The spaces before a reference belong to its range. Emphasis and links that
 * contain only such a reference are removed with it.
 */
export function listLostFootnotes(document: MarkdownDocument, removed: readonly Range[]): Range[] {
  if (removed.length === 0) return []
  const ranges = new RangeSet(removed)
  const kept = listKeptKeys(document, ranges)
  const lost: Range[] = []
  const isLost = (node: Nodes): boolean => {
    if (node.type === 'footnoteReference')
      return !ranges.has(rangeOf(node).start) && !kept.has(definitionKey(node))
    return isWrapper(node) && node.children.length > 0 && node.children.every(isLost)
  }
  const collectIn = (siblings: readonly Nodes[]): void => {
    for (const [at, node] of siblings.entries()) {
      if (isLost(node)) lost.push(withSpaces(siblings, at, document.text))
      else if ('children' in node) collectIn(node.children)
    }
  }
  collectIn([document.tree])
  return lost
}

function isWrapper(node: Nodes): node is Nodes & Parents {
  return ['emphasis', 'strong', 'delete', 'link', 'linkReference'].includes(node.type)
}

/** Returns the range of a node and the spaces before it. Of the first node, the spaces after it are added. */
function withSpaces(siblings: readonly Nodes[], at: number, text: string): Range {
  const [previous, node, next] = [siblings[at - 1], siblings[at], siblings[at + 1]]
  const { start, end } = node === undefined ? { start: 0, end: 0 } : rangeOf(node)
  if (previous?.type === 'text') {
    const before = text.slice(rangeOf(previous).start, start)
    const [spaces = ''] = /(?<![ \t])[ \t]*$/.exec(before) ?? []
    return { start: start - spaces.length, end }
  }
  if (previous !== undefined || next?.type !== 'text') return { start, end }
  const [spaces = ''] = /^[ \t]*/.exec(text.slice(end, rangeOf(next).end)) ?? []
  return { start, end: end + spaces.length }
}
