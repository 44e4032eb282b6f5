import { assemblePart } from './assemble-part.js'
import { decodeText, withoutFrontMatter } from '../decode-text.js'
import { readDocument } from './document.js'
import type { Edit } from './edits.js'
import { listLinkEdits } from './link-edits.js'
import type { LinkBase } from './resolve-link.js'
import { splitReadme } from './split-readme.js'
import { sectionAt, truncateMarkdown } from './truncate-markdown.js'

/** How a file becomes a text of the gallery. */
export interface TextOptions {
  /** Where the file is on GitHub; `undefined` leaves its links as they are. */
  readonly base: LinkBase | undefined
}

/** The texts that a README gives. */
export interface ReadmeTexts {
  /** `undefined` where all of the README is about its use. */
  readonly about: string | undefined
  /** `undefined` where no heading is one of those asked for. */
  readonly usage: string | undefined
  /** Links that lead out of the repository, as written. */
  readonly outside: readonly string[]
}

/** A README as about and usage text, with absolute links and without front matter. */
export function readReadme(
  bytes: Uint8Array,
  usageHeadings: readonly string[],
  options: TextOptions
): ReadmeTexts {
  const document = readDocument(withoutFrontMatter(decodeText(bytes)))
  const { edits, outside } = linkEdits(document, options)
  const ranges = splitReadme(document, usageHeadings)
  const about = assemblePart(document, ranges.about, edits)
  const usage = ranges.usage && assemblePart(document, ranges.usage, edits)
  return { about: about === '' && usage !== undefined ? undefined : about, usage, outside }
}

/** A file that is one text of the gallery as a whole. */
export function readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): { readonly text: string; readonly outside: readonly string[] } {
  const document = readDocument(withoutFrontMatter(decodeText(bytes)))
  const { edits, outside } = linkEdits(document, options)
  const whole = { start: 0, end: document.text.length }
  return { text: assemblePart(document, [whole], edits), outside }
}

function linkEdits(
  document: ReturnType<typeof readDocument>,
  { base }: TextOptions
): { readonly edits: readonly Edit[]; readonly outside: readonly string[] } {
  if (base === undefined) return { edits: [], outside: [] }
  return listLinkEdits(document.tree, document.text, base)
}

/** The most characters of an about or usage text (the API model's AboutText and UsageText). */
export const MAX_TEXT_LENGTH = 25_600

/** The most characters of a description (the API model's RepositoryDescription). */
export const MAX_DESCRIPTION_LENGTH = 1024

/** A text that fits, and what was done for it. */
export interface FittedText {
  readonly text: string
  readonly isTruncated: boolean
  /** The heading under which the text is cut, or would be. */
  readonly section: string | undefined
  /** By how many characters it is too long. */
  readonly excess: number
}

/**
 * Cuts an about or usage text where it is too long.
 *
 * @param url where the whole text is, for the link at its end; `undefined` where that is not known
 */
export function fitText(text: string, url: string | undefined): FittedText {
  const excess = Math.max(0, text.length - MAX_TEXT_LENGTH)
  const { text: fitted, cut } = truncateMarkdown(text, MAX_TEXT_LENGTH, endingFor(url))
  return { text: fitted, isTruncated: cut !== undefined, section: cut?.section, excess }
}

/** The heading under which the limit falls, for the error that says where a text is too long. */
export function sectionAtLimit(text: string): string | undefined {
  return sectionAt(readDocument(text), MAX_TEXT_LENGTH)
}

function endingFor(url: string | undefined): string {
  return url === undefined
    ? '*The text is cut here, as the gallery takes no more; the whole of it is in the source repository.*'
    : `*The text is cut here, as the gallery takes no more: [read the whole of it](${url}).*`
}

/** A description of at most 1,024 UTF-16 code units: one that is longer ends at a word, with an ellipsis. */
export function fitDescription(text: string): FittedText {
  const excess = Math.max(0, text.length - MAX_DESCRIPTION_LENGTH)
  if (excess === 0) return { text, isTruncated: false, section: undefined, excess }
  const room = MAX_DESCRIPTION_LENGTH - 1
  for (const granularity of ['word', 'grapheme'] as const) {
    const segments = new Intl.Segmenter('en', { granularity }).segment(text)
    let end = 0
    for (const { index } of segments) if (index <= room) end = index
    const kept = text.slice(0, end).trimEnd()
    if (kept.length >= room / 2)
      return { text: `${kept}…`, isTruncated: true, section: undefined, excess }
  }
  return { text: '…', isTruncated: true, section: undefined, excess }
}
