import type { Definition, FootnoteDefinition, Node, Nodes, RootContent } from 'mdast'
import { visit } from 'unist-util-visit'
import { rangeOf } from './document.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits } from './edits.js'
import type { Edit, Range } from './edits.js'

/** A link definition or a footnote, which a reference finds by its label wherever it stands. */
export type AnyDefinition = Definition | FootnoteDefinition

/** The definitions of a text by `definitionKey`; where a label is defined twice, the first one counts. */
export function mapDefinitions(document: MarkdownDocument): ReadonlyMap<string, AnyDefinition> {
  const definitions = new Map<string, AnyDefinition>()
  visit(document.tree, (node) => {
    if (node.type !== 'definition' && node.type !== 'footnoteDefinition') return
    const key = definitionKey(node)
    if (!definitions.has(key)) definitions.set(key, node)
  })
  return definitions
}

/** The label of a definition or of a reference to one: `name` of a link, `^name` of a footnote. */
export function definitionKey(node: {
  readonly type: string
  readonly identifier: string
}): string {
  return node.type.startsWith('footnote') ? `^${node.identifier}` : node.identifier
}

/**
 * The keys of the definitions that these nodes need, those that their footnotes need in turn too.
 *
 * @param within only references that end before this offset count
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
      if (isReference && rangeOf(found).end <= limit) need(definitionKey(found))
    })
  }
  for (const node of nodes) if (node.type !== 'footnoteDefinition') follow(node, within)
  return needed
}

/** Definitions as written, to be put elsewhere in the text; footnotes last, a blank line between them. */
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
 * A definition as written, to be put elsewhere in the text. One from a quote or list item is put on one
 * line, since its further lines begin with what the container needs.
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
 * The lines of a definition, to be taken out of the text, or `undefined` where what stands before and
 * after it would then run together: two lists, two pieces of indented code, or a list and something indented.
 */
export function findRemovableLines(index: number, document: MarkdownDocument): Range | undefined {
  const { children } = document.tree
  const node = children[index]
  if (node === undefined) return undefined
  const previous = children.slice(0, index).findLast(isContent)
  const next = children.slice(index + 1).find(isContent)
  if (next !== undefined) {
    if (next.position?.start.column !== 1) return undefined
    // The position of indented code has its indentation in it.
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

function isContent(node: RootContent): boolean {
  return node.type !== 'definition'
}
