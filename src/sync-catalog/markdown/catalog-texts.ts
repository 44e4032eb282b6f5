import { assemblePart } from './assemble-part.js'
import { decodeText, withoutFrontMatter } from './decode-text.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import type { Range } from './edits.js'
import { listEmojiEdits } from './list-emoji-edits.js'
import type { EmojiNames } from './list-emoji-edits.js'
import { listLinkEdits } from './list-link-edits.js'
import type { LinkEdits } from './list-link-edits.js'
import { listThemeEdits } from './list-theme-edits.js'
import { removeSkipped } from './remove-skipped.js'
import type { LinkBase } from './resolve-relative-link.js'
import { splitReadme } from './split-readme.js'
import { sectionAt, truncateMarkdown } from './truncate-markdown.js'

/** Options for the conversion of a file to a text. */
export interface TextOptions {
  /** The location of the file on GitHub. `undefined` keeps relative links. */
  readonly base: LinkBase | undefined
  /** The branch or tag that absolute links name instead of the commit if the text would be too long otherwise. */
  readonly shortRef?: string | undefined
  /** The characters of emoji shortcodes. `undefined` keeps shortcodes. */
  readonly emojiNames?: EmojiNames | undefined
}

/** What a reader should know about a conversion. */
export interface TextFindings {
  /** Links that lead out of the repository, as written. */
  readonly outside: readonly string[]
  /** Skip markers without their other half, as written. */
  readonly unmatchedMarkers: readonly string[]
}

/** The texts of a README. */
export interface ReadmeTexts extends TextFindings {
  /** `undefined` if the README contains only usage sections. */
  readonly about: string | undefined
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: string | undefined
}

/**
 * Converts a README to about and usage text, with absolute links, and without front matter and skipped parts.
 *
 * @throws UndecodableText or TooComplexText
 */
export function readReadme(
  bytes: Uint8Array,
  usageHeadings: readonly string[],
  options: TextOptions
): ReadmeTexts {
  const { document, unmatchedMarkers } = readDocument(bytes)
  const { assemble, outside } = createAssembler(document, options)
  const ranges = splitReadme(document, usageHeadings)
  const about = assemble(ranges.about)
  const usage = ranges.usage && assemble(ranges.usage)
  return {
    about: about === '' && usage !== undefined ? undefined : about,
    usage,
    outside,
    unmatchedMarkers
  }
}

/** Converts a file to one text, as `readReadme` does. @throws UndecodableText or TooComplexText */
export function readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): TextFindings & { readonly text: string } {
  const { document, unmatchedMarkers } = readDocument(bytes)
  const { assemble, outside } = createAssembler(document, options)
  return { text: assemble([{ start: 0, end: document.text.length }]), outside, unmatchedMarkers }
}

function readDocument(bytes: Uint8Array): {
  readonly document: MarkdownDocument
  readonly unmatchedMarkers: readonly string[]
} {
  const { text, unmatched } = removeSkipped(withoutFrontMatter(decodeText(bytes)))
  return { document: parseDocument(text), unmatchedMarkers: unmatched }
}

/** Creates the function that returns the final text of ranges of a document. */
function createAssembler(
  document: MarkdownDocument,
  { base, shortRef, emojiNames }: TextOptions
): {
  readonly assemble: (ranges: readonly Range[]) => string
  readonly outside: readonly string[]
} {
  const edits = [
    ...listThemeEdits(document),
    ...(emojiNames === undefined ? [] : listEmojiEdits(document, emojiNames))
  ]
  const links = linkEdits(document, base)
  const assemble = (ranges: readonly Range[]): string => {
    const text = assemblePart(document, ranges, [...edits, ...links.edits])
    if (text.length <= MAX_TEXT_LENGTH || base === undefined || shortRef === undefined) return text
    const shortLinks = linkEdits(document, { ...base, sha: shortRef })
    const shorter = assemblePart(document, ranges, [...edits, ...shortLinks.edits])
    // A text that must be cut anyway keeps the links to the commit.
    return shorter.length <= MAX_TEXT_LENGTH ? shorter : text
  }
  return { assemble, outside: links.outside }
}

function linkEdits(document: MarkdownDocument, base: LinkBase | undefined): LinkEdits {
  if (base === undefined) return { edits: [], outside: [] }
  return listLinkEdits(document.tree, document.text, base)
}

/** The maximum length of an about or usage text, in characters (the API model's AboutText and UsageText). */
export const MAX_TEXT_LENGTH = 25_600

/** The maximum length of a description, in characters (the API model's RepositoryDescription). */
export const MAX_DESCRIPTION_LENGTH = 1024

/** A text within its limit. */
export interface FittedText {
  readonly text: string
  readonly isTruncated: boolean
  /** The number of characters above the limit before truncation. */
  readonly excess: number
  /** The section in which the text is truncated. `undefined` if it is not truncated, or before the first heading. */
  readonly section?: string | undefined
}

/**
 * Truncates an about or usage text that is too long.
 *
 * @param url the URL of the full text, for the link at the end, or `undefined` if it is not known
 */
export function fitText(text: string, url: string | undefined): FittedText {
  const excess = Math.max(0, text.length - MAX_TEXT_LENGTH)
  const { text: fitted, cut } = truncateMarkdown(text, MAX_TEXT_LENGTH, { ending: endingFor(url) })
  return { text: fitted, isTruncated: cut !== undefined, excess, section: cut?.section }
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

/** Truncates a description of more than 1,024 UTF-16 code units at the end of a word, and adds an ellipsis. */
export function fitDescription(text: string): FittedText {
  const excess = Math.max(0, text.length - MAX_DESCRIPTION_LENGTH)
  if (excess === 0) return { text, isTruncated: false, excess }
  const maxLength = MAX_DESCRIPTION_LENGTH - '…'.length
  for (const granularity of ['word', 'grapheme'] as const) {
    const segments = new Intl.Segmenter('en', { granularity }).segment(text)
    let end = 0
    for (const { index } of segments) if (index <= maxLength) end = index
    const kept = text.slice(0, end).trimEnd()
    if (kept.length >= maxLength / 2) return { text: `${kept}…`, isTruncated: true, excess }
  }
  return { text: '…', isTruncated: true, excess }
}
