import type { Node, Nodes, Parent, Root } from 'mdast'
import { normalizeIdentifier } from 'micromark-util-normalize-identifier'
import { rangeOf } from './edits.js'
import { definitionKey, listDefinitions } from './list-definitions.js'
import type { Steps } from './steps.js'
import { walk } from './walk.js'

/** The length of a text that is parsed at once, in UTF-16 code units. */
const CHUNK_LENGTH = 1024

/**
 * Parses a long text in chunks that end between blocks, list items or blocks of a quote. The parser copies its events at
 * the end of every list and quote, so the time of a single pass grows with the square of the length.
 *
 * Each step parses one chunk.
 *
 * @param text with line feeds as line endings
 * @param parse parses a text in a single pass
 */
export function* parseInChunks(text: string, parse: (text: string) => Root): Steps<Root> {
  if (text.length <= 2 * CHUNK_LENGTH) return parse(text)
  // Brackets are a reference only if there is a definition, which can be in another chunk. Nearly all candidates are
  // definitions, so that only a few chunks are parsed twice.
  const candidates = new Set(
    Array.from(text.matchAll(DEFINITION), ([, label = '']) => keyOf(label))
  )
  const chunks = yield* readChunks(text, (part) => parseWith(part, candidates, parse))
  const defined = new Set(
    chunks.flatMap(({ root }) => listDefinitions(root)).map((node) => definitionKey(node))
  )
  const whole: Root = { type: 'root', children: [] }
  for (const chunk of chunks) {
    const labels = listLabels(chunk.text)
    const isGuessed = labels.every((key) => candidates.has(key) === defined.has(key))
    const root = isGuessed ? chunk.root : parseWith(chunk, defined, parse)
    moveBy(root, chunk.start, chunk.startLine - 1)
    append(whole, root, chunk.depth)
  }
  return whole
}

/** A part of a text. */
interface UnparsedChunk {
  readonly text: string
  /** The header of the table that the chunk continues. */
  readonly header: string
}

/** A part of a text, and its tree as if it were the whole text. */
interface Chunk extends UnparsedChunk {
  /** The offset in the whole text. */
  readonly start: number
  /** The line in the whole text, from 1. */
  readonly startLine: number
  /** The number of nested lists, quotes and tables that the chunk continues. */
  readonly depth: number
  readonly root: Root
}

function* readChunks(text: string, parse: (part: UnparsedChunk) => Root): Steps<Chunk[]> {
  const chunks: Chunk[] = []
  let [start, startLine, depth, header, length] = [0, 1, 0, '', CHUNK_LENGTH]
  while (start < text.length) {
    const end = endOfLine(text, start + length)
    const root = parse({ text: text.slice(start, end), header })
    const rest = end === text.length ? undefined : removeIncomplete(root)
    if (end < text.length && rest === undefined) {
      length *= 2
      continue
    }
    const next = rest === undefined ? end : startOfLine(text, start + rest.offset)
    const part = text.slice(start, next)
    chunks.push({ text: part, start, startLine, depth, header, root })
    if (rest?.table === undefined) header = ''
    else if (rest.table >= 0) header = headerOf(text, startOfLine(text, start + rest.table))
    startLine += part.split('\n').length - 1
    start = next
    depth = rest?.depth ?? 0
    length = CHUNK_LENGTH
    yield
  }
  return chunks
}

/** The rest of a chunk that is parsed again, with what follows. */
interface Rest {
  readonly offset: number
  /** The number of containers around it. */
  readonly depth: number
  /** The offset of the table that contains it. It is negative if the chunk already continues the table. */
  readonly table: number | undefined
}

/**
 * Removes the last block of a tree, which can continue after the text. If it is the only one, the last list item, block
 * of a quote or table row is removed. Returns `undefined` if nothing would be left.
 */
function removeIncomplete(root: Root): Rest | undefined {
  let container: Parent = root
  for (let depth = 0; ; depth++) {
    const last: Nodes | undefined = container.children.at(-1)
    if (last === undefined) return undefined
    const isTable = container.type === 'table'
    if (container.children.length > (isTable ? 2 : 1)) {
      container.children.pop()
      const table = isTable ? rangeOf(container).start : undefined
      return { offset: rangeOf(last).start, depth, table }
    }
    if (!isContinuable(last)) return undefined
    container = last
  }
}

/** The next item, block or row of these containers can be parsed without the previous ones. */
function isContinuable(node: Node): node is Parent {
  return node.type === 'list' || node.type === 'blockquote' || node.type === 'table'
}

/** Returns the two lines of the header of a table, with the marks of a quote around it. */
function headerOf(text: string, tableStart: number): string {
  return text.slice(tableStart, endOfLine(text, endOfLine(text, tableStart)))
}

/** Moves the blocks of a tree to the end of another one. */
function append(whole: Parent, root: Parent, depth: number): void {
  const last = whole.children.at(-1)
  const first = root.children[0]
  const isContinued =
    depth > 0 && last?.type === first?.type && first !== undefined && isContinuable(first)
  if (isContinued && last !== undefined && isContinuable(last)) {
    append(last, first, depth - 1)
    if (last.position !== undefined && first.position !== undefined)
      last.position.end = first.position.end
  }
  // The first row of a table is the header again.
  const isKnown = isContinued || (depth === 0 && root.type === 'table')
  for (const child of isKnown ? root.children.slice(1) : root.children) whole.children.push(child)
}

/** The start of a line that can be a definition of a link or footnote. */
const DEFINITION = /^[ \t>]*(?:(?:[-+*]|\d+[.)])[ \t]+)?\[((?:[^[\]\\\n]|\\.)+)\]:/gm

/** Brackets without brackets in them, as every label is. */
const LABEL = /\[((?:[^[\]\\]|\\[^])+)\]/g

/** Returns the keys of the definitions that a text can refer to. */
function listLabels(text: string): string[] {
  if (!text.includes('[')) return []
  // In a quote, a label on two lines has the prefix of the second line in it.
  const labels = text.replace(/\n[ \t>]*/g, ' ').matchAll(LABEL)
  return [...new Set(Array.from(labels, ([, label = '']) => keyOf(label)))]
}

/** Returns the key of a label, as `definitionKey` does. */
function keyOf(label: string): string {
  return normalizeIdentifier(label).toLowerCase()
}

/** Parses a chunk as if the header of its table and the definitions that it can refer to were before it. */
function parseWith(
  { text, header }: UnparsedChunk,
  definitions: ReadonlySet<string>,
  parse: (text: string) => Root
): Root {
  const used = listLabels(text).filter((key) => definitions.has(key))
  if (used.length === 0 && header === '') return parse(text)
  // An indented line after a footnote would belong to it, so the last definition is one of a link.
  const footnotes = used.filter((key) => key.startsWith('^'))
  const links = [...used.filter((key) => !key.startsWith('^')), '.']
  const added = [...footnotes, ...links].map((key) => `[${key}]: <#>\n\n`).join('')
  const root = parse(added + header + text)
  root.children = root.children.filter((child) => rangeOf(child).start >= added.length)
  const before = added + header
  moveBy(root, -before.length, 1 - before.split('\n').length)
  return root
}

function moveBy(root: Root, offset: number, lines: number): void {
  walk(root, ({ position, data }) => {
    for (const point of [position?.start, position?.end]) {
      if (point?.offset === undefined) continue
      point.offset += offset
      point.line += lines
    }
    if (data === undefined || !('destination' in data)) return undefined
    const { start, end } = data.destination
    data.destination = { start: start + offset, end: end + offset }
    return undefined
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
