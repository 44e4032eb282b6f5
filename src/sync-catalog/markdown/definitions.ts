import type { Node, Nodes, RootContent } from 'mdast'
import { visit } from 'unist-util-visit'
import type { MarkdownDocument } from './document.js'
import { applyEdits, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { definitionKey, listDefinitions } from './parse-markdown.js'
import type { AnyDefinition } from './parse-markdown.js'

/** Returns the definitions of a text by `definitionKey`. If a label is defined twice, the first definition counts. */
export function mapDefinitions(document: MarkdownDocument): ReadonlyMap<string, AnyDefinition> {
  const definitions = new Map<string, AnyDefinition>()
  for (const node of listDefinitions(document.tree)) {
    const key = definitionKey(node)
    if (!definitions.has(key)) definitions.set(key, node)
  }
  return definitions
}

/**
 * Returns the keys of the definitions that these nodes need, including the definitions that their footnotes need.
 *
 * @param within only references that start before this offset count
 */
export function listNeeded(
  nodes: readonly Nodes[],
  definitions: ReadonlyMap<string, AnyDefinition>,
  within = Number.POSITIVE_INFINITY
): Set<string> {
  const needed = new Set<string>()
  const need = (key: string): void => {
    const definition = definitions.get(key)
    if (definition === undefined || needed.has(key)) return
    needed.add(key)
    if (definition.type === 'footnoteDefinition') follow(definition, Number.POSITIVE_INFINITY)
  }
  const follow = (node: Nodes, limit: number): void => {
    visit(node, (found) => {
      const isReference =
        found.type === 'linkReference' ||
        found.type === 'imageReference' ||
        found.type === 'footnoteReference'
      if (isReference && rangeOf(found).start < limit) need(definitionKey(found))
    })
  }
  for (const node of nodes) if (node.type !== 'footnoteDefinition') follow(node, within)
  return needed
}

/** Returns the source of definitions, to be inserted elsewhere: links first, then footnotes separated by blank lines. */
export function definitionsText(
  definitions: readonly AnyDefinition[],
  document: MarkdownDocument,
  edits: readonly Edit[]
): string {
  const links = definitions.filter(({ type }) => type === 'definition')
  const footnotes = definitions.filter(({ type }) => type === 'footnoteDefinition')
  return [
    links.map((node) => definitionText(node, document, edits)).join('\n'),
    ...footnotes.map((node) => definitionText(node, document, edits))
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/**
 * Returns the source of a definition. A definition from a quote or list item is put on one line, since its other lines
 * have the prefix of the container.
 */
function definitionText(
  definition: AnyDefinition,
  document: MarkdownDocument,
  edits: readonly Edit[]
): string {
  const text = applyEdits(document.text, edits, rangeOf(definition)).trimEnd()
  const isBlock = (document.tree.children as readonly Node[]).includes(definition)
  return isBlock ? text : text.replace(/\n[ \t>]*/g, ' ')
}

/**
 * Returns the lines of a definition, to be removed from the text, or `undefined` if its removal would join the blocks
 * before and after it: two lists, two indented code blocks, or a list and an indented block.
 */
export function findRemovableLines(index: number, document: MarkdownDocument): Range | undefined {
  const { children } = document.tree
  const node = children[index]
  if (node === undefined) return undefined
  const previous = children.slice(0, index).findLast(isContent)
  const next = children.slice(index + 1).find(isContent)
  if (next !== undefined) {
    if (next.position?.start.column !== 1) return undefined
    // The position of indented code includes its indentation.
    if (/^[ \t]/.test(document.text.slice(rangeOf(next).start))) return undefined
    if (previous?.type === 'list' && next.type === 'list') return undefined
  }
  const { start, end } = rangeOf(node)
  const lineStart = document.text.lastIndexOf('\n', start - 1) + 1
  const [rest = ''] = /^[ \t]*\n?(?:[ \t]*\n)*/.exec(document.text.slice(end)) ?? []
  const followsBlankLine = lineStart === 0 || document.text[lineStart - 2] === '\n'
  const firstLineEnd = rest.indexOf('\n') + 1
  return { start: lineStart, end: end + (followsBlankLine ? rest.length : firstLineEnd) }
}

/** Returns `true` for every node except link definitions, which are not rendered. */
export function isContent(node: RootContent): boolean {
  return node.type !== 'definition'
}
