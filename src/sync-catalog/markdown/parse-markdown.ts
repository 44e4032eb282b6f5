import type { Definition, FootnoteDefinition, Node, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import type { CompileContext, Extension, Token } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { visit } from 'unist-util-visit'
import { checkNesting } from './check-nesting.js'
import { rangeOf } from './edits.js'
import { maskAttributeSlashes, unmask } from './mask-attributes.js'
import type { Range } from './edits.js'

/**
 * The range of the destination of a link, image or definition, without angle brackets. The parser itself returns only
 * the position of the whole construct.
 */
interface WithDestination {
  destination?: Range
}

declare module 'mdast' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- how mdast types are extended
  interface LinkData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface ImageData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface DefinitionData extends WithDestination {}
}

/** A link definition or a footnote. */
export type AnyDefinition = Definition | FootnoteDefinition

/** The length of a text that is parsed at once, in UTF-16 code units. */
const CHUNK_LENGTH = 4096

/**
 * Parses a Markdown text as GitHub does (CommonMark and GFM). Links, images and definitions have the range of their
 * destination in `data.destination`.
 *
 * A long text is parsed in chunks that end between blocks. The parser copies its events at the end of every list and
 * quote, so the time of a single pass grows with the square of the length.
 *
 * @param text with line feeds as line endings
 * @throws TooComplexText if it is nested too deep
 */
export function parseMarkdown(text: string): Root {
  checkNesting(text)
  if (text.length <= 2 * CHUNK_LENGTH) return parseWhole(text)
  const chunks = readChunks(text)
  const definitions = chunks.flatMap(({ root }) => listDefinitions(root))
  const children: RootContent[] = []
  for (const chunk of chunks) {
    const root = withForeignDefinitions(chunk, definitions)
    moveBy(root, chunk.start, chunk.startLine - 1)
    children.push(...root.children)
  }
  return { type: 'root', children }
}

/** A part of a text, and its tree as if it were the whole text. */
interface Chunk {
  readonly text: string
  /** The offset in the whole text. */
  readonly start: number
  /** The line in the whole text, from 1. */
  readonly startLine: number
  readonly root: Root
}

function readChunks(text: string): Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  let startLine = 1
  let length = CHUNK_LENGTH
  while (start < text.length) {
    const end = endOfLine(text, start + length)
    const root = parseWhole(text.slice(start, end))
    const last = root.children.at(-1)
    // A block is complete only if another block follows it.
    if (end < text.length && root.children.length < 2) {
      length *= 2
      continue
    }
    const next =
      end === text.length
        ? end
        : startOfLine(text, start + (last === undefined ? 0 : rangeOf(last).start))
    if (next < end) root.children.pop()
    chunks.push({ text: text.slice(start, next), start, startLine, root })
    startLine += countLines(text.slice(start, next))
    start = next
    length = CHUNK_LENGTH
  }
  return chunks
}

/**
 * Returns the tree of a chunk with its references to definitions in other chunks. Brackets are a reference only if
 * there is a definition, so the chunk is parsed again with placeholder definitions.
 */
function withForeignDefinitions(chunk: Chunk, definitions: readonly AnyDefinition[]): Root {
  if (!chunk.text.includes('[')) return chunk.root
  const own = new Set(listDefinitions(chunk.root).map(definitionKey))
  const text = normalize(chunk.text)
  const placeholders = new Map<string, string>()
  for (const definition of definitions) {
    const key = definitionKey(definition)
    if (own.has(key) || !text.includes(normalize(definition.identifier))) continue
    placeholders.set(key, `[${key}]: <#>`)
  }
  if (placeholders.size === 0) return chunk.root
  const root = parseWhole(`${chunk.text}\n\n${[...placeholders.values()].join('\n\n')}\n`)
  root.children = root.children.filter((child) => rangeOf(child).start < chunk.text.length)
  return root
}

function parseWhole(text: string): Root {
  const root = parseOnce(text)
  const masked = maskAttributeSlashes(text, root)
  return masked === text ? root : unmask(parseOnce(masked))
}

function parseOnce(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown(), destinations]
  })
}

/** Records the ranges of destinations while the tree is built. */
const destinations: Extension = {
  exit: {
    resourceDestinationString: recordDestination,
    definitionDestinationString: recordDestination
  }
}

/** Sets the URL, as the replaced handler of `mdast-util-from-markdown` does, and records its range. */
function recordDestination(this: CompileContext, token: Token): void {
  const url = this.resume()
  const node = this.stack.at(-1)
  if (node?.type !== 'link' && node?.type !== 'image' && node?.type !== 'definition') return
  node.url = url
  node.data = { ...node.data, destination: { start: token.start.offset, end: token.end.offset } }
}

/** Returns all definitions of a tree, in order. */
export function listDefinitions(root: Root): AnyDefinition[] {
  const definitions: AnyDefinition[] = []
  visit(root, ['definition', 'footnoteDefinition'], (node) => {
    definitions.push(node as AnyDefinition)
  })
  return definitions
}

/**
 * Returns the key of a definition or of a reference to it: `name` for a link, `^name` for a footnote. Footnotes have a
 * namespace of their own.
 */
export function definitionKey(node: {
  readonly type: string
  readonly identifier: string
}): string {
  return node.type.startsWith('footnote') ? `^${node.identifier}` : node.identifier
}

function normalize(text: string): string {
  return text.replace(/\s+/g, ' ').toLowerCase().toUpperCase()
}

function moveBy(root: Root, offset: number, lines: number): void {
  visit(root, (node: Node) => {
    for (const point of [node.position?.start, node.position?.end]) {
      if (point?.offset === undefined) continue
      point.offset += offset
      point.line += lines
    }
    const data = node.data as WithDestination | undefined
    if (data?.destination === undefined) return
    const { start, end } = data.destination
    Object.assign(data, { destination: { start: start + offset, end: end + offset } })
  })
}

/** Returns the offset after the line feed at or after `offset`. */
function endOfLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset)
  return at === -1 ? text.length : at + 1
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}
