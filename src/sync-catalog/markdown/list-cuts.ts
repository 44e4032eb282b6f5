import type { Code, Html, Node, Nodes, Parent, Table } from 'mdast'
import { closeElements, indentOf, lineStart } from './close-elements.js'
import { startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { SectionHeading } from './headings.js'
import { elementsAround } from './html-elements.js'
import { readHtmlFragment } from './list-html-fragments.js'

/** A position at which a text can be truncated. */
export interface Cut {
  /** The text before the offset is kept. */
  readonly offset: number
  /** The text to append in order to close the code blocks and HTML elements that are open at the offset. */
  readonly closing: string
  /** `true` right after a heading, which then remains without its section. */
  readonly isAfterHeading: boolean
}

/** The containers around a node, the outermost first. */
export type Path = readonly Parent[]

/**
 * Returns the positions before `limit` at which a text can be truncated: between blocks at any depth, the rows of a
 * table, the items of a list, the lines of a code block, and the elements of an HTML block.
 */
export function listCuts(document: MarkdownDocument, limit: number): Cut[] {
  const headings = new Map<Node | undefined, SectionHeading>(
    document.headings.map((heading) => [document.tree.children[heading.index], heading])
  )
  const cuts = cutsIn(document.tree, [], { document, limit, headings })
  return cuts.filter(({ offset }) => offset > 0 && offset < limit)
}

interface Context {
  readonly document: MarkdownDocument
  readonly limit: number
  /** The headings that start a section, by their blocks. */
  readonly headings: ReadonlyMap<Node | undefined, SectionHeading>
}

function cutsIn(node: Nodes, path: Path, context: Context): Cut[] {
  if (rangeOf(node).start >= context.limit && node.type !== 'root') return []
  switch (node.type) {
    case 'root':
    case 'blockquote':
    case 'list':
    case 'listItem':
      return cutsBetween(node, [...path, node], context)
    case 'table':
      return cutsInTable(node, path, context)
    case 'code':
      return cutsInCode(node, path, context)
    case 'html':
      return cutsInHtml(node, path, context)
    default:
      return []
  }
}

/** Returns the positions between the children of a container, and the positions within them. */
function cutsBetween(container: Parent, path: Path, context: Context): Cut[] {
  const { document, limit, headings } = context
  const cuts: Cut[] = []
  for (const [at, child] of container.children.entries()) {
    const next = container.children[at + 1]
    const { start, end: offset } = rangeOf(child)
    if (start >= limit) break
    if (next !== undefined && offset < limit && !isAnchorOf(next, child, context)) {
      const closing = closeElements(document, path, offset)
      const isAfterHeading = child.type === 'heading' || headings.has(child)
      cuts.push({ offset, closing, isAfterHeading })
    }
    for (const cut of cutsIn(child, path, context)) cuts.push(cut)
  }
  return cuts
}

/** Returns `true` if `node` is an anchor or comment that belongs to the heading `next`. */
function isAnchorOf(next: Node, node: Node, { document, headings }: Context): boolean {
  const heading = headings.get(next)
  return heading !== undefined && startOfHeading(document, heading) === rangeOf(node).start
}

/** A table keeps its header and at least one row. */
function cutsInTable(table: Table, path: Path, { document }: Context): Cut[] {
  return table.children.slice(1, -1).map((row): Cut => {
    const offset = rangeOf(row).end
    return { offset, closing: closeElements(document, path, offset), isAfterHeading: false }
  })
}

/** A fenced code block is closed again. */
function cutsInCode(code: Code, path: Path, { document, limit }: Context): Cut[] {
  const { start, end } = rangeOf(code)
  const { text } = document
  const fence = closingFence(code, path, document)
  const cuts: Cut[] = []
  // The first line of a fenced block is the fence.
  let at = fence === '' ? start : text.indexOf('\n', start) + 1
  for (at = text.indexOf('\n', at); at !== -1 && at < Math.min(end, limit);) {
    const closing = fence + closeElements(document, path, at)
    cuts.push({ offset: at, closing, isAfterHeading: false })
    at = text.indexOf('\n', at + 1)
  }
  return cuts
}

/** Returns the line that closes a fenced code block, or an empty text for indented code. */
export function closingFence(code: Code, path: Path, { text }: MarkdownDocument): string {
  const { start } = rangeOf(code)
  const fence = /^[ \t]*(`{3,}|~{3,})/.exec(text.slice(start))?.[1]
  if (fence === undefined) return ''
  const indent = path.length <= 1 ? text.slice(lineStart(text, start), start) : indentOf(path, text)
  return `\n${indent}${fence}`
}

/** Elements after which an HTML block can be cut, since they do not continue a line or a table row. */
const BLOCK_ELEMENTS = new Set(
  (
    'address article aside blockquote center details div dl figure footer header li main nav ol p picture pre ' +
    'section table tbody tfoot tr ul'
  ).split(' ')
)

function cutsInHtml(node: Html, path: Path, { document }: Context): Cut[] {
  const { end } = rangeOf(node)
  const fragment = readHtmlFragment(node, document.text)
  if (fragment === undefined) return []
  return fragment.tags
    .filter(({ name, isClosing, end: at }) => {
      if (!isClosing) return name === 'br' || name === 'hr'
      // In a list of linked images, another tag follows each link.
      return BLOCK_ELEMENTS.has(name) || (name === 'a' && /^\s*</.test(fragment.html.slice(at)))
    })
    .map((tag) => fragment.toSource(tag).end)
    .filter((offset) => offset < end && !isInRow(document, offset))
    .map((offset) => ({
      offset,
      closing: closeElements(document, path, offset, node),
      isAfterHeading: false
    }))
}

function isInRow({ elements }: MarkdownDocument, offset: number): boolean {
  return elementsAround(elements, offset).some(({ name }) => name === 'tr')
}
