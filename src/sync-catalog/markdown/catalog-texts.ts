import { assemblePart } from './assemble-part.js'
import { decodeText, withoutFrontMatter } from './decode-text.js'
import { parseDocument } from './document.js'
import type { MarkdownDocument } from './document.js'
import { linkAnchors, listCutAnchorEdits } from './link-anchors.js'
import type { CutAnchorEdit, PartAnchors } from './link-anchors.js'
import { listEmojiEdits } from './list-emoji-edits.js'
import type { EmojiNames } from './list-emoji-edits.js'
import { listLinkEdits } from './list-link-edits.js'
import type { FaultyLink, LinkEdits } from './list-link-edits.js'
import { listThemeEdits } from './list-theme-edits.js'
import { removeSkipped } from './remove-skipped.js'
import { addressOfFile } from './resolve-link.js'
import type { LinkBase } from './resolve-link.js'
import { splitReadme } from './split-readme.js'
import type { PartRange } from './split-readme.js'
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
  /** Links that probably do not work. */
  readonly faults: readonly FaultyLink[]
  /** Skip markers without their other half, as written. */
  readonly unmatchedMarkers: readonly string[]
}

/** An about or usage text that is not truncated yet. */
export interface PartText {
  readonly text: string
  /** `undefined` if links are not changed. */
  readonly anchors?: PartAnchors | undefined
}

/** The texts of a README. */
export interface ReadmeTexts extends TextFindings {
  /** `undefined` if the README contains only usage sections. */
  readonly about: PartText | undefined
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: PartText | undefined
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
  const source = readDocument(bytes)
  const { assemble, faults } = createAssembler(source, options)
  const ranges = splitReadme(source.document, usageHeadings)
  const about = assemble(ranges.about)
  const usage = ranges.usage && assemble(ranges.usage)
  return {
    about: about.text === '' && usage !== undefined ? undefined : about,
    usage,
    faults,
    unmatchedMarkers: source.unmatchedMarkers
  }
}

/** Converts a file to one text, as `readReadme` does. @throws UndecodableText or TooComplexText */
export function readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): TextFindings & { readonly part: PartText } {
  const source = readDocument(bytes)
  const { assemble, faults } = createAssembler(source, options)
  const part = assemble([{ start: 0, end: source.document.text.length }])
  return { part, faults, unmatchedMarkers: source.unmatchedMarkers }
}

/** A file without front matter. */
interface SourceDocument {
  /** The file without the skipped parts. */
  readonly document: MarkdownDocument
  /** The file with the skipped parts, as GitHub shows it. */
  readonly original: MarkdownDocument
  /** Returns the ranges of `original` that became ranges of `document`. */
  readonly toOriginal: (ranges: readonly PartRange[]) => readonly PartRange[]
  readonly unmatchedMarkers: readonly string[]
}

function readDocument(bytes: Uint8Array): SourceDocument {
  const whole = withoutFrontMatter(decodeText(bytes))
  const { text, unmatched, toOriginal } = removeSkipped(whole)
  const document = parseDocument(text)
  const original = text === whole ? document : parseDocument(whole)
  return { document, original, toOriginal, unmatchedMarkers: unmatched }
}

/** Creates the function that returns the text of ranges of a document before it is truncated. */
function createAssembler(
  { document, original, toOriginal }: SourceDocument,
  { base, shortRef, emojiNames }: TextOptions
): {
  readonly assemble: (ranges: readonly PartRange[]) => PartText
  readonly faults: readonly FaultyLink[]
} {
  const edits = [
    ...listThemeEdits(document),
    ...(emojiNames === undefined ? [] : listEmojiEdits(document, emojiNames))
  ]
  const links = linkEdits(document, base)
  const link = (
    ranges: readonly PartRange[],
    linked: LinkEdits,
    target: LinkBase | undefined
  ): PartText => {
    const text = assemblePart(document, ranges, [...edits, ...linked.edits])
    if (target === undefined) return { text }
    return linkAnchors(text, original, toOriginal(ranges), addressOfFile(target))
  }
  const assemble = (ranges: readonly PartRange[]): PartText => {
    const part = link(ranges, links, base)
    if (part.text.length <= MAX_TEXT_LENGTH || base === undefined || shortRef === undefined)
      return part
    const shortBase = { ...base, ref: shortRef }
    const shorter = link(ranges, linkEdits(document, shortBase), shortBase)
    // A text that must be cut anyway keeps the links to the commit.
    return shorter.text.length <= MAX_TEXT_LENGTH ? shorter : part
  }
  return { assemble, faults: links.faults }
}

function linkEdits(document: MarkdownDocument, base: LinkBase | undefined): LinkEdits {
  if (base === undefined) return { edits: [], faults: [] }
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
  /** The section in which the text is truncated. `undefined` if it is not truncated, or before the first heading. */
  readonly section?: string | undefined
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
