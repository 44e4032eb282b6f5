import type { Root } from 'mdast'
import { toString } from 'mdast-util-to-string'
import { definitionsText, listNeeded, listRemovableDefinitions } from './definitions.js'
import type { RemovableDefinition } from './definitions.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { applyEdits, createEditor, rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { listCuts } from './list-cuts.js'
import type { Cut } from './list-cuts.js'
import { definitionKey } from './list-definitions.js'
import type { AnyDefinition } from './list-definitions.js'
import { listHtmlTexts } from './list-html-texts.js'
import { listCommentEdits, listLongUrlEdits } from './list-reductions.js'
import { listWordCuts } from './list-word-cuts.js'
import { parseMarkdown } from './parse-markdown.js'
import { PrefixSums } from './prefix-sums.js'
import type { LengthChange } from './prefix-sums.js'
import { walk } from './walk.js'

/** A text within the limit. */
export interface TruncatedText {
  readonly text: string
  /** Set if the text was truncated. `length` is the length of the part of the text that is kept. */
  readonly cut?: { readonly length: number; readonly section: string | undefined } | undefined
  /** `true` if only very long URLs were removed, so that nothing of the end is missing. */
  readonly isToEnd?: boolean
}

/** What a truncated text ends with, and how its beginning is changed. */
export interface TruncateOptions {
  /** Markdown that links to the full text. */
  readonly ending: string
  /** Returns the edits of links to headings. An edit is made if the text is cut before the heading. */
  readonly editsFor?: ((document: MarkdownDocument) => readonly CutEdit[]) | undefined
}

/** An edit that is made if the text is cut at its target or before it. */
export interface CutEdit extends Edit {
  /** The offset of the target. */
  readonly target: number
}

/**
 * Truncates a text that is longer than the limit. What a reader does not see is removed first: definitions that it does not
 * need, then the content of comments. If the rest is within the limit, it is not cut. Otherwise, images and links with
 * very long URLs are replaced by their texts, and the rest is cut as late as possible: between blocks, list items, table
 * rows, lines of code or HTML elements. If less than half of the limit would be used, or the next block alone is longer
 * than the limit, it is cut between words. Open code blocks and elements are closed. The definitions that the kept text
 * needs are kept, followed by the ending.
 *
 * @param limit in UTF-16 code units, which are never fewer than the characters that the API counts
 */
export function truncateMarkdown(
  text: string,
  limit: number,
  options: TruncateOptions
): TruncatedText {
  if (text.length <= limit) return { text }
  let chooser = new CutChooser(parseDocument(text), limit, options)
  const needed = chooser.withoutUnneeded()
  if (needed.length <= limit) return { text: needed }
  const visible = chooser.edited(listCommentEdits)
  if (visible !== undefined) {
    chooser = visible
    const rest = chooser.withoutUnneeded()
    if (rest.length <= limit) return { text: rest }
  }
  const shortened = chooser.edited(listLongUrlEdits)
  const whole = shortened?.chooseWhole()
  if (whole !== undefined)
    return {
      text: whole.text,
      cut: { length: whole.offset, section: undefined },
      isToEnd: true
    }
  return (shortened ?? chooser).truncate()
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

/** The maximum number of line feeds that can be removed with definitions in addition to their lines. */
const SPACE_AROUND_DEFINITIONS = 8

/** Chooses the cut of a text that is longer than the limit. */
class CutChooser {
  private readonly wholeText: string
  private readonly removable: readonly RemovableDefinition[]
  /** The offset of the first reference to each definition that is needed. */
  private readonly needed: ReadonlyMap<string, number>
  private readonly edits: readonly CutEdit[]
  private readonly changes: PrefixSums
  /** The length of the text that can be kept if it has only definitions that it does not need. */
  private readonly maxOffset: number

  constructor(
    private readonly document: MarkdownDocument,
    private readonly limit: number,
    private readonly options: TruncateOptions
  ) {
    this.wholeText = readableText(document.tree)
    this.removable = listRemovableDefinitions(document)
    this.needed = listNeeded(document.tree.children, document.definitions)
    this.edits = options.editsFor?.(document) ?? []
    this.changes = new PrefixSums(this.listChanges())
    this.maxOffset = this.removable.reduce((sum, { lines }) => sum + lines.end - lines.start, limit)
  }

  /** Returns the changes of the length that cuts make. A change applies to the cuts between two offsets. */
  private listChanges(): LengthChange[] {
    const changes: LengthChange[] = []
    for (const { start, end, text, target } of this.edits)
      changes.push({ start: end, end: target, length: text.length - (end - start) })
    for (const { node, lines, replacement } of this.removable) {
      const length = replacement.length - (lines.end - lines.start)
      changes.push({ start: lines.end, end: this.firstReferenceTo(node), length })
    }
    for (const [key, reference] of this.needed) {
      const definition = this.document.definitions.get(key)
      if (definition === undefined) continue
      const { start, end } = rangeOf(definition)
      changes.push({ start: reference + 1, end: start, length: end - start })
    }
    return changes.filter(({ start, end }) => start <= end)
  }

  /** Returns the offset of the first reference to a definition, or infinity if it is not needed. */
  private firstReferenceTo(definition: AnyDefinition): number {
    const key = definitionKey(definition)
    const isUsed = this.document.definitions.get(key) === definition
    return (isUsed ? this.needed.get(key) : undefined) ?? Number.POSITIVE_INFINITY
  }

  /** Returns the chooser for the text after edits, or `undefined` if there are none. */
  edited(list: (document: MarkdownDocument) => readonly Edit[]): CutChooser | undefined {
    const { document, limit, options } = this
    const edits = list(document)
    if (edits.length === 0) return undefined
    return new CutChooser(parseDocument(applyEdits(document.text, edits)), limit, options)
  }

  /** Returns the text that ends at the latest cut. */
  truncate(): TruncatedText {
    const { document, limit, options } = this
    const chosen = this.choose()
    if (chosen === undefined) {
      const kept = plainBeginning(document, limit - options.ending.length - 3)
      const pieces = [kept, options.ending].filter((piece) => piece !== '')
      return { text: `${pieces.join('\n\n')}\n`, cut: { length: kept.length, section: undefined } }
    }
    const { offset, text } = chosen
    return { text, cut: { length: offset, section: sectionAt(document, offset) } }
  }

  /** Returns the whole text with the ending, if it is within the limit. */
  chooseWhole(): ChosenCut | undefined {
    return this.latest([{ offset: this.document.text.length, closing: '', isAfterHeading: false }])
  }

  /** Returns the whole text without the definitions that it does not need. */
  withoutUnneeded(): string {
    const { text } = this.document
    const unneeded = this.removable.filter(
      ({ node }) => this.firstReferenceTo(node) === Number.POSITIVE_INFINITY
    )
    if (unneeded.length === 0) return text
    const edits = unneeded.map(({ lines, replacement }) => ({ ...lines, text: replacement }))
    const rest = createEditor(text, edits)({ start: 0, end: text.length }).trimEnd()
    return rest === '' ? '' : `${rest}\n`
  }

  /** Returns the latest cut whose result is within the limit and begins like the text. */
  private choose(): ChosenCut | undefined {
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
    walk(this.document.tree, (node) => {
      if (node.type === 'paragraph' && rangeOf(node).end > offset) next ??= rangeOf(node)
      return next === undefined
    })
    return next !== undefined && next.end - next.start > this.limit
  }

  private latest(cuts: readonly Cut[]): ChosenCut | undefined {
    const shortest = this.options.ending.length + '\n\n\n'.length - SPACE_AROUND_DEFINITIONS
    let checks = 0
    for (const cut of [...cuts].sort((a, b) => b.offset - a.offset)) {
      // Nearly all cuts that are too late are found without rendering them.
      const kept = this.document.text.slice(0, cut.offset).trimEnd().length
      const least = kept + this.changes.sumAt(cut.offset) + cut.closing.length + shortest
      if (least > this.limit) continue
      const text = this.render(cut)
      if (text.length > this.limit) continue
      if (this.isValid(text)) return { offset: cut.offset, text }
      if (++checks === MAX_CHECKS) return undefined
    }
    return undefined
  }

  private render({ offset, closing }: Cut): string {
    const { document, needed, options } = this
    const edit = createEditor(document.text, [
      ...this.removable
        .filter(({ node, lines }) => lines.start < offset && this.firstReferenceTo(node) >= offset)
        .map(({ lines, replacement }) => ({ ...lines, text: replacement })),
      ...this.edits.filter(({ target }) => target >= offset)
    ])
    const beyond = [...needed]
      .filter(([, reference]) => reference < offset)
      .flatMap(([key]) => document.definitions.get(key) ?? [])
      .filter((node) => rangeOf(node).start >= offset)
    const pieces = [
      edit({ start: 0, end: offset }).replace(/[ \t\n]+$/, '') + closing,
      definitionsText(beyond, document, edit),
      options.ending
    ]
    return `${pieces.filter((piece) => piece !== '').join('\n\n')}\n`
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
    .filter(({ type }) => type !== 'footnoteDefinition')
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
