import { assemblePart } from './assemble-part.js'
import { decodeText, withoutFrontMatter } from './decode-text.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { listLinkEdits } from './list-link-edits.js'
import type { LinkEdits } from './list-link-edits.js'
import type { LinkBase } from './resolve-relative-link.js'
import { splitReadme } from './split-readme.js'
import { sectionAt, truncateMarkdown } from './truncate-markdown.js'

/** Options for the conversion of a file to a text. */
export interface TextOptions {
  /** The location of the file on GitHub. `undefined` keeps relative links. */
  readonly base: LinkBase | undefined
}

/** The texts of a README. */
export interface ReadmeTexts {
  /** `undefined` if the README contains only usage sections. */
  readonly about: string | undefined
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: string | undefined
  /** Links that lead out of the repository, as written. */
  readonly outside: readonly string[]
}

/**
 * Converts a README to about and usage text, with absolute links and without front matter.
 *
 * @throws UndecodableText or TooComplexText
 */
export function readReadme(
  bytes: Uint8Array,
  usageHeadings: readonly string[],
  options: TextOptions
): ReadmeTexts {
  const document = parseDocument(withoutFrontMatter(decodeText(bytes)))
  const { edits, outside } = linkEdits(document, options)
  const ranges = splitReadme(document, usageHeadings)
  const about = assemblePart(document, ranges.about, edits)
  const usage = ranges.usage && assemblePart(document, ranges.usage, edits)
  return { about: about === '' && usage !== undefined ? undefined : about, usage, outside }
}

/** Converts a file to one text, as `readReadme` does. @throws UndecodableText or TooComplexText */
export function readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): { readonly text: string; readonly outside: readonly string[] } {
  const document = parseDocument(withoutFrontMatter(decodeText(bytes)))
  const { edits, outside } = linkEdits(document, options)
  const whole = { start: 0, end: document.text.length }
  return { text: assemblePart(document, [whole], edits), outside }
}

function linkEdits(document: MarkdownDocument, { base }: TextOptions): LinkEdits {
  if (base === undefined) return { edits: [], outside: [] }
  return listLinkEdits(document.tree, document.text, base)
}

/** The maximum length of an about or usage text, in characters (the API model's AboutText and UsageText). */
export const MAX_TEXT_LENGTH = 25_600

/** The maximum length of a description, in UTF-16 code units, which are never fewer than characters (the API model's RepositoryDescription). */
export const MAX_DESCRIPTION_LENGTH = 1024

/** A text within its limit. */
export interface FittedText {
  readonly text: string
  readonly isTruncated: boolean
  /** The number of characters above the limit before truncation. */
  readonly excess: number
}

/**
 * Truncates an about or usage text that is too long.
 *
 * @param url the URL of the full text, for the link at the end, or `undefined` if it is not known
 */
export function fitText(text: string, url: string | undefined): FittedText {
  const excess = Math.max(0, text.length - MAX_TEXT_LENGTH)
  const { text: fitted, cut } = truncateMarkdown(text, MAX_TEXT_LENGTH, { ending: endingFor(url) })
  return { text: fitted, isTruncated: cut !== undefined, excess }
}

/** Returns the heading of the section in which a text exceeds the limit, or `undefined` before the first heading. */
export function sectionAtLimit(text: string): string | undefined {
  return sectionAt(parseDocument(text), MAX_TEXT_LENGTH)
}

function endingFor(url: string | undefined): string {
  return url === undefined
    ? '*This text is truncated because of the length limit of the gallery. The full text is in the source repository.*'
    : `*This text is truncated because of the length limit of the gallery. [Read the full text](${url}).*`
}
