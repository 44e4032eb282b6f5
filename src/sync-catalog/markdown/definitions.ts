import type { Node, Nodes, RootContent } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Editor, Range, RangeSet } from './edits.js'
import { definitionKey, listDefinitions } from './list-definitions.js'
import type { AnyDefinition } from './list-definitions.js'
import { walk } from './walk.js'

/**
 * Returns the keys of the definitions that these nodes need, including the definitions that their footnotes need, each
 * with the offset of the first reference that needs it.
 */
export function listNeeded(
  nodes: readonly Nodes[],
  definitions: ReadonlyMap<string, AnyDefinition>
): ReadonlyMap<string, number> {
  const needed = new Map<string, number>()
  const need = (key: string, offset: number): void => {
    const definition = definitions.get(key)
    if (definition === undefined || (needed.get(key) ?? Number.POSITIVE_INFINITY) <= offset) return
    needed.set(key, offset)
    if (definition.type === 'footnoteDefinition') follow(definition, () => offset)
  }
  const follow = (node: Nodes, offsetOf: (reference: Nodes) => number): void => {
    walk(node, (found) => {
      const isReference =
        found.type === 'linkReference' ||
        found.type === 'imageReference' ||
        found.type === 'footnoteReference'
      if (isReference) need(definitionKey(found), offsetOf(found))
      return undefined
    })
  }
  for (const node of nodes)
    if (node.type !== 'footnoteDefinition') follow(node, (found) => rangeOf(found).start)
  return needed
}

/** Returns the keys of the definitions outside of the removed ranges. */
export function listKeptKeys({ tree }: MarkdownDocument, removed: RangeSet): ReadonlySet<string> {
  const kept = listDefinitions(tree).filter((node) => !removed.has(rangeOf(node).start))
  return new Set(kept.map(definitionKey))
}

/** Returns the source of definitions, to be inserted elsewhere: links first, then footnotes separated by blank lines. */
export function definitionsText(
  definitions: readonly AnyDefinition[],
  { tree }: MarkdownDocument,
  edit: Editor
): string {
  const blocks = new Set<Node>(tree.children)
  const textOf = (definition: AnyDefinition): string => {
    const text = edit(rangeOf(definition)).trimEnd()
    // In a quote or list item, the other lines have the prefix of the container.
    return blocks.has(definition) ? text : text.replace(/\n[ \t>]*/g, ' ')
  }
  const links = definitions.filter(({ type }) => type === 'definition')
  const footnotes = definitions.filter(({ type }) => type === 'footnoteDefinition')
  return [links.map(textOf).join('\n'), ...footnotes.map(textOf)]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** A definition that can be removed from a text, and its lines. */
export interface RemovableDefinition {
  readonly node: AnyDefinition
  readonly lines: Range
  /** The text that replaces the lines: empty, or a comment that keeps the blocks around them apart. */
  readonly replacement: string
}

/**
 * Returns the definitions outside of containers that can be removed. Without some definitions, the blocks before and
 * after them would be joined: two lists, two indented code blocks, or a list and an indented block. A comment replaces
 * these definitions.
 */
export function listRemovableDefinitions(document: MarkdownDocument): RemovableDefinition[] {
  const { children } = document.tree
  const nextContents: (RootContent | undefined)[] = []
  let next: RootContent | undefined
  for (let index = children.length - 1; index >= 0; index--) {
    nextContents[index] = next
    const node = children[index]
    if (node !== undefined && isContent(node)) next = node
  }
  let previous: RootContent | undefined
  return children.flatMap((node, index): RemovableDefinition[] => {
    const before = previous
    if (isContent(node)) previous = node
    if (node.type !== 'definition' && node.type !== 'footnoteDefinition') return []
    const lines = linesOf(node, document.text)
    const isJoined = areJoinedWithout(before, nextContents[index], document.text)
    const replacement = isJoined ? SEPARATOR : ''
    return replacement.length < lines.end - lines.start ? [{ node, lines, replacement }] : []
  })
}

/** The blank line is not needed after a definition without a blank line before it, but does not change the text. */
const SEPARATOR = '<!-- -->\n\n'

function areJoinedWithout(
  previous: RootContent | undefined,
  next: RootContent | undefined,
  text: string
): boolean {
  if (next === undefined) return false
  if (next.position?.start.column !== 1) return true
  // The position of indented code includes its indentation.
  if (/^[ \t]/.test(text.charAt(rangeOf(next).start))) return true
  return previous?.type === 'list' && next.type === 'list'
}

/** Returns the lines of a definition, with the blank lines after it if there is one before it. */
function linesOf(node: AnyDefinition, text: string): Range {
  const { start, end } = rangeOf(node)
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const [rest = ''] = /^[ \t]*\n?(?:[ \t]*\n)*/.exec(text.slice(end)) ?? []
  const followsBlankLine = lineStart === 0 || text[lineStart - 2] === '\n'
  const firstLineEnd = rest.indexOf('\n') + 1
  return { start: lineStart, end: end + (followsBlankLine ? rest.length : firstLineEnd) }
}

/** Returns `true` for every node except link definitions, which are not rendered. */
export function isContent(node: RootContent): boolean {
  return node.type !== 'definition'
}
