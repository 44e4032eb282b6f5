import type { Definition, FootnoteDefinition, Node, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import type { CompileContext, Extension, Token } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { visit } from 'unist-util-visit'
import { checkNesting } from './check-nesting.js'
import type { Range } from './edits.js'

/**
 * Where the destination of a link, image or definition stands in the text, without the angle brackets
 * around it. The parser itself gives the position of the whole construct only.
 */
interface WithDestination {
  destination?: Range
}

declare module 'mdast' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- how mdast takes more data
  interface LinkData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface ImageData extends WithDestination {}
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- see above
  interface DefinitionData extends WithDestination {}
}

/** How much of a text is parsed at once, in UTF-16 code units. */
const CHUNK_LENGTH = 4096

/**
 * The tree of a Markdown text as GitHub reads it (CommonMark and GFM), with the offset of every node.
 * Links, images and definitions carry the range of their destination in `data.destination`.
 *
 * A long text is parsed in chunks that end between blocks: the parser copies all it has read so far at the
 * end of every list and quote, so that the time of a single pass grows with the square of the length.
 *
 * @param text with line feeds alone as line ends
 * @throws TooIntricateText where it nests deeper than anyone writes
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

/** The tree of one part of a text, as if there were nothing around it. */
interface Chunk {
  readonly text: string
  /** Offset in the whole text. */
  readonly start: number
  /** Line in the whole text, from 1. */
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
    // Only what another block follows is known to be whole.
    if (end < text.length && root.children.length < 2) {
      length *= 2
      continue
    }
    const next = end === text.length ? end : startOfLine(text, start + startOf(last))
    if (next < end) root.children.pop()
    chunks.push({ text: text.slice(start, next), start, startLine, root })
    startLine += countLines(text.slice(start, next))
    start = next
    length = CHUNK_LENGTH
  }
  return chunks
}

/**
 * The tree of a chunk with the references resolved that are defined in other chunks: brackets are a
 * reference only where there is a definition, so the chunk is parsed again with stand-ins for these.
 */
function withForeignDefinitions(
  chunk: Chunk,
  definitions: readonly (Definition | FootnoteDefinition)[]
): Root {
  if (!chunk.text.includes('[')) return chunk.root
  const own = new Set(listDefinitions(chunk.root).map(keyOf))
  const text = normalize(chunk.text)
  const standIns = new Map<string, string>()
  for (const definition of definitions) {
    const key = keyOf(definition)
    if (own.has(key) || !text.includes(normalize(definition.identifier))) continue
    standIns.set(key, `[${key}]: <#>`)
  }
  if (standIns.size === 0) return chunk.root
  const root = parseWhole(`${chunk.text}\n\n${[...standIns.values()].join('\n\n')}\n`)
  root.children = root.children.filter((child) => startOf(child) < chunk.text.length)
  return root
}

function parseWhole(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown(), destinations]
  })
}

/** Notes where destinations stand while the tree is built. */
const destinations: Extension = {
  exit: {
    resourceDestinationString: noteDestination,
    definitionDestinationString: noteDestination
  }
}

/** Does what the handler of `mdast-util-from-markdown` does that this one replaces, and notes the range. */
function noteDestination(this: CompileContext, token: Token): void {
  const url = this.resume()
  const node = this.stack.at(-1)
  if (node?.type !== 'link' && node?.type !== 'image' && node?.type !== 'definition') return
  node.url = url
  node.data = { ...node.data, destination: { start: token.start.offset, end: token.end.offset } }
}

function listDefinitions(root: Root): (Definition | FootnoteDefinition)[] {
  const definitions: (Definition | FootnoteDefinition)[] = []
  visit(root, ['definition', 'footnoteDefinition'], (node) => {
    definitions.push(node as Definition | FootnoteDefinition)
  })
  return definitions
}

/** The label between the brackets: footnotes have a space of names of their own. */
function keyOf(definition: Definition | FootnoteDefinition): string {
  return definition.type === 'definition' ? definition.identifier : `^${definition.identifier}`
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

function startOf(node: Node | undefined): number {
  return node?.position?.start.offset ?? 0
}

/** The offset after the line feed at or after `offset`. */
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
