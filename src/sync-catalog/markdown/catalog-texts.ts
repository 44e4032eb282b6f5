import { assemblePart } from './assemble-part.js'
import { decodeText, withoutFrontMatter } from './decode-text.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import type { Edit, Range } from './edits.js'
import { linkAnchors, listCutAnchorEdits } from './link-anchors.js'
import type { CutAnchorEdit, PartAnchors } from './link-anchors.js'
import { listLinkEdits } from './list-link-edits.js'
import type { FaultyLink, LinkEdits } from './list-link-edits.js'
import { addressOfFile } from './resolve-link.js'
import type { LinkBase } from './resolve-link.js'
import { splitReadme } from './split-readme.js'
import { sectionAt, truncateMarkdown } from './truncate-markdown.js'

/** Options for the conversion of a file to a text. */
export interface TextOptions {
  /** The location of the file on GitHub. `undefined` keeps relative links. */
  readonly base: LinkBase | undefined
}

/** An about or usage text that is not truncated yet. */
export interface PartText {
  readonly text: string
  /** `undefined` if links are not changed. */
  readonly anchors?: PartAnchors | undefined
}

/** The texts of a README. */
export interface ReadmeTexts {
  /** `undefined` if the README contains only usage sections. */
  readonly about: PartText | undefined
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: PartText | undefined
  readonly faults: readonly FaultyLink[]
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
  const { edits, faults } = linkEdits(document, options)
  const ranges = splitReadme(document, usageHeadings)
  const about = linkedPart(document, ranges.about, edits, options)
  const usage = ranges.usage && linkedPart(document, ranges.usage, edits, options)
  return { about: about.text === '' && usage !== undefined ? undefined : about, usage, faults }
}

/** Converts a file to one text, as `readReadme` does. @throws UndecodableText or TooComplexText */
export function readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): { readonly part: PartText; readonly faults: readonly FaultyLink[] } {
  const document = parseDocument(withoutFrontMatter(decodeText(bytes)))
  const { edits, faults } = linkEdits(document, options)
  const whole = { start: 0, end: document.text.length }
  return { part: linkedPart(document, [whole], edits, options), faults }
}

function linkEdits(document: MarkdownDocument, { base }: TextOptions): LinkEdits {
  if (base === undefined) return { edits: [], faults: [] }
  return listLinkEdits(document.tree, document.text, base)
}

function linkedPart(
  document: MarkdownDocument,
  ranges: readonly Range[],
  edits: readonly Edit[],
  { base }: TextOptions
): PartText {
  const text = assemblePart(document, ranges, edits)
  return base === undefined ? { text } : linkAnchors(text, document, ranges, addressOfFile(base))
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
export function fitText({ text, anchors }: PartText, url: string | undefined): FittedText {
  const excess = Math.max(0, text.length - MAX_TEXT_LENGTH)
  let edits: readonly CutAnchorEdit[] | undefined
  const { text: fitted, cut } = truncateMarkdown(text, MAX_TEXT_LENGTH, {
    ending: endingFor(url),
    editsFor:
      anchors &&
      ((document, offset) => {
        edits ??= listCutAnchorEdits(document, anchors)
        return edits.filter(({ target }) => target >= offset)
      })
  })
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
