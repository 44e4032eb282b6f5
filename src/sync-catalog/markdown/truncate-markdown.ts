import type { Root } from 'mdast'
import { toString } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import { definitionsText, findRemovableLines, listNeeded, mapDefinitions } from './definitions.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { listCuts } from './list-cuts.js'
import type { Cut } from './list-cuts.js'
import { listHtmlTexts } from './list-html-texts.js'
import { listWordCuts } from './list-word-cuts.js'
import { definitionKey, parseMarkdown } from './parse-markdown.js'
import type { AnyDefinition } from './parse-markdown.js'

/** A text within the limit. */
export interface TruncatedText {
  readonly text: string
  /** Set if the text was truncated. `length` is the length of the part of the text that is kept. */
  readonly cut?: { readonly length: number; readonly section: string | undefined } | undefined
}

/** What a truncated text ends with, and how its beginning is changed. */
export interface TruncateOptions {
  /** Markdown that links to the full text. */
  readonly ending: string
  /**
   * Returns edits of the text before an offset, for a text that is cut there. They replace links to headings after the
   * offset.
   */
  readonly editsFor?: ((document: MarkdownDocument, offset: number) => readonly Edit[]) | undefined
}

/**
 * Truncates a text that is longer than the limit, as late as possible: between blocks, list items, table rows, lines of
 * code or HTML elements. If less than half of the limit would be used, or the next block alone is longer than the
 * limit, it is cut between words. Open code blocks and elements are closed. The definitions that the kept text needs
 * are kept, followed by the ending.
 *
 * @param limit in UTF-16 code units, which are never fewer than the characters that the API counts
 */
export function truncateMarkdown(
  text: string,
  limit: number,
  options: TruncateOptions
): TruncatedText {
  if (text.length <= limit) return { text }
  const document = parseDocument(text)
  const chosen = new CutChooser(document, limit, options).choose()
  if (chosen === undefined) {
    const kept = plainBeginning(document, limit - options.ending.length - 3)
    const pieces = [kept, options.ending].filter((piece) => piece !== '')
    return { text: `${pieces.join('\n\n')}\n`, cut: { length: kept.length, section: undefined } }
  }
  const { offset, text: truncated } = chosen
  return { text: truncated, cut: { length: offset, section: sectionAt(document, offset) } }
}

/** Returns the heading of the section that contains an offset, or `undefined` before the first heading. */
export function sectionAt(document: MarkdownDocument, offset: number): string | undefined {
  const heading = document.headings.findLast(({ index }) => {
    const node = document.tree.children[index]
    return node !== undefined && rangeOf(node).start < offset
  })
  return heading?.text.trim()
}

/** A cut and the text that results from it. */
interface ChosenCut {
  readonly offset: number
  readonly text: string
}

/** The maximum number of results of one kind that are parsed in order to check them. */
const MAX_CHECKS = 40

class CutChooser {
  private readonly definitions: ReadonlyMap<string, AnyDefinition>
  private readonly wholeText: string
  private removable: readonly (Range & { key: string; length: number })[] | undefined
  /** The length of the text that can be kept if it has only definitions that it does not need. */
  private readonly maxOffset: number

  constructor(
    private readonly document: MarkdownDocument,
    private readonly limit: number,
    private readonly options: TruncateOptions
  ) {
    this.definitions = mapDefinitions(document)
    this.wholeText = readableText(document.tree)
    this.maxOffset = limit + this.topLevelDefinitions().reduce((sum, { length }) => sum + length, 0)
  }

  /** Returns the latest cut whose result is within the limit and begins like the text. */
  choose(): ChosenCut | undefined {
    const cuts = listCuts(this.document, this.maxOffset)
    let best =
      this.latest(cuts.filter(({ isAfterHeading }) => !isAfterHeading)) ?? this.latest(cuts)
    if (best !== undefined && !this.wantsWords(best.offset)) return best
    for (const granularity of ['word', 'grapheme'] as const) {
      const range = { start: best?.offset ?? 0, end: this.maxOffset }
      best = this.latest(listWordCuts(this.document, range, granularity)) ?? best
      if (best !== undefined && best.offset >= this.limit / 2) break
    }
    return best
  }

  /** Returns `true` if a cut uses less than half of the limit, or the paragraph after it is longer than the limit. */
  private wantsWords(offset: number): boolean {
    if (offset < this.limit / 2) return true
    let next: Range | undefined
    visit(this.document.tree, 'paragraph', (paragraph) => {
      next ??= rangeOf(paragraph).end > offset ? rangeOf(paragraph) : undefined
    })
    return next !== undefined && next.end - next.start > this.limit
  }

  private latest(cuts: readonly Cut[]): ChosenCut | undefined {
    const shortest = this.options.ending.length + '\n\n\n'.length
    let checks = 0
    for (const cut of [...cuts].sort((a, b) => b.offset - a.offset)) {
      // Most cuts that are too late are found without rendering them. Edits for a cut make links longer.
      const kept = this.document.text.slice(0, cut.offset).trimEnd().length
      const least = kept + cut.closing.length + shortest - (this.maxOffset - this.limit)
      if (least > this.limit) continue
      const text = this.render(cut)
      if (text.length > this.limit) continue
      if (this.isValid(text)) return { offset: cut.offset, text }
      if (++checks === MAX_CHECKS) return undefined
    }
    return undefined
  }

  private render({ offset, closing }: Cut): string {
    const { document, definitions, options } = this
    const kept = document.tree.children.filter((node) => rangeOf(node).start < offset)
    const needed = listNeeded(kept, definitions, offset)
    const edits = [
      ...(options.editsFor?.(document, offset) ?? []),
      ...this.topLevelDefinitions()
        .filter(({ start, key }) => start < offset && !needed.has(key))
        .map(({ start, end }) => ({ start, end, text: '' }))
    ]
    const beyond = [...definitions]
      .filter(([key, node]) => needed.has(key) && rangeOf(node).start >= offset)
      .map(([, node]) => node)
    const beginning = applyEdits(document.text, edits, { start: 0, end: offset })
    const pieces = [
      beginning.replace(/[ \t\n]+$/, '') + closing,
      definitionsText(beyond, document, edits),
      options.ending
    ]
    return `${pieces.filter((piece) => piece !== '').join('\n\n')}\n`
  }

  /** Returns the definitions that can be removed, with the range of their lines. */
  private topLevelDefinitions(): readonly (Range & { key: string; length: number })[] {
    this.removable ??= this.document.tree.children.flatMap((node, index) => {
      if (node.type !== 'definition' && node.type !== 'footnoteDefinition') return []
      const lines = findRemovableLines(index, this.document)
      if (lines === undefined) return []
      return [{ ...lines, key: definitionKey(node), length: lines.end - lines.start }]
    })
    return this.removable
  }

  /** Returns `true` if the text before the ending begins like the whole text, and the ending is a paragraph. */
  private isValid(text: string): boolean {
    const tree = parseMarkdown(text)
    const ending = tree.children.findLast(({ type }) => type !== 'footnoteDefinition')
    if (ending?.type !== 'paragraph') return false
    const source = text.slice(rangeOf(ending).start, rangeOf(ending).end)
    if (source !== this.options.ending) return false
    const children = tree.children.filter((node) => node !== ending)
    return this.wholeText.startsWith(readableText({ ...tree, children }))
  }
}

/** Returns the text of the blocks without white space, definitions and HTML. */
function readableText(tree: Root): string {
  const children = tree.children.filter(
    ({ type }) => type !== 'definition' && type !== 'footnoteDefinition'
  )
  return toString({ type: 'root', children }, { includeHtml: false }).replace(/\s+/g, '')
}

/** Returns the beginning of the readable text as one paragraph, for a text that cannot be cut anywhere. */
function plainBeginning({ tree }: MarkdownDocument, length: number): string {
  const words = tree.children
    .map((node) => {
      if (node.type !== 'html') return toString(node, { includeHtml: false })
      return listHtmlTexts(node.value)
        .map(({ start, end }) => node.value.slice(start, end))
        .join(' ')
    })
    .join(' ')
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[\\`*_{}[\]()#+\-.!<>|~&:=@]/g, '\\$&'))
  let text = ''
  for (const word of words) {
    if (text.length + word.length + 1 > length) break
    text += (text === '' ? '' : ' ') + word
  }
  return text
}
