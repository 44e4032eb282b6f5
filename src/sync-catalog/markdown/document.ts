import type { Root, RootContent } from 'mdast'
import { mapDefinitions } from './list-definitions.js'
import { rangeOf } from './edits.js'
import { listHeadings } from './headings.js'
import type { SectionHeading } from './headings.js'
import { listHtmlElements } from './html-elements.js'
import type { HtmlElement } from './html-elements.js'
import { listHtmlFragments } from './list-html-fragments.js'
import type { HtmlFragment } from './list-html-fragments.js'
import { parseMarkdownInSteps } from './parse-markdown.js'
import { runSteps } from './steps.js'
import type { Steps } from './steps.js'
import type { AnyDefinition } from './list-definitions.js'

/** A parsed Markdown text. */
export interface MarkdownDocument {
  /** With line feeds as line endings. */
  readonly text: string
  readonly tree: Root
  /** All HTML, in order. */
  readonly fragments: readonly HtmlFragment[]
  readonly elements: readonly HtmlElement[]
  readonly headings: readonly SectionHeading[]
  /** The definitions by `definitionKey`. If a label is defined twice, the first definition counts. */
  readonly definitions: ReadonlyMap<string, AnyDefinition>
}

/** Parses a Markdown text with line feeds as line endings. @throws TooComplexText if it is nested too deep */
export function parseDocument(text: string): MarkdownDocument {
  return runSteps(parseDocumentInSteps(text))
}

/** Parses a text as `parseDocument` does, in steps. */
export function* parseDocumentInSteps(text: string): Steps<MarkdownDocument> {
  const tree = yield* parseMarkdownInSteps(text)
  const fragments = listHtmlFragments(tree, text)
  const elements = listHtmlElements(fragments)
  const headings = listHeadings(tree, elements)
  return { text, tree, fragments, elements, headings, definitions: mapDefinitions(tree) }
}

/**
 * Returns the offset at which the section of a heading starts. An anchor before the heading (`<a name="usage"></a>`)
 * and a comment on the line before it belong to the section.
 */
export function startOfHeading(document: MarkdownDocument, heading: SectionHeading): number {
  const { children } = document.tree
  const node = children[heading.index]
  const previous = children[heading.index - 1]
  if (node === undefined) return 0
  return previous !== undefined && belongsTo(node, previous, document.text)
    ? rangeOf(previous).start
    : rangeOf(node).start
}

function belongsTo(heading: RootContent, previous: RootContent, text: string): boolean {
  const source = text.slice(rangeOf(previous).start, rangeOf(previous).end)
  if (previous.type !== 'html' && previous.type !== 'paragraph') return false
  if (ANCHORS.test(source)) return true
  const isOnLineBefore = previous.position?.end.line === (heading.position?.start.line ?? 0) - 1
  return isOnLineBefore && /^<!--(?:(?!-->)[^])*-->$/.test(source)
}

/** Elements without content. The end tag of a link can be missing, as in `<a name="usage"/>`. */
const ANCHORS =
  /^\s*(?:(?:<a\s[^<>]*>\s*<\/a>|<a\s(?=[^<>]*\b(?:id|name)\s*=)[^<>]*>|<(span|div|p)\s(?=[^<>]*\bid\s*=)[^<>]*>\s*<\/\1>)\s*)+$/i
