import { assemblePart } from './assemble-part.js'
import { beginningOf } from './beginning-of.js'
import { decodeText, withoutFrontMatter } from './decode-text.js'
import { parseDocument, parseDocumentInSteps } from './document.js'
import type { Steps } from './steps.js'
import type { MarkdownDocument } from './document.js'
import { createEditor } from './edits.js'
import type { Edit, Range } from './edits.js'
import { createAnchorLinker, listCutAnchorEdits } from './link-anchors.js'
import type { PartAnchors } from './link-anchors.js'
import { listEmojiEdits } from './list-emoji-edits.js'
import type { EmojiNames } from './list-emoji-edits.js'
import { listLinkEdits } from './list-link-edits.js'
import type { FaultyLink, LinkEdits } from './list-link-edits.js'
import { listCommentEdits, listLongUrlEdits } from './list-reductions.js'
import { listThemeEdits } from './list-theme-edits.js'
import { removeSkipped } from './remove-skipped.js'
import { restoreDefinitions } from './restore-definitions.js'
import { addressOfFile } from './resolve-link.js'
import type { LinkBase } from './resolve-link.js'
import { splitReadme } from './split-readme.js'
import type { PartRange } from './split-readme.js'
import { sectionAt, truncateMarkdown } from './truncate-markdown.js'
import type { TruncatedText } from './truncate-markdown.js'

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

/** A text that was made from ranges of a file. */
interface AssembledText {
  readonly text: string
  /** `undefined` if links are not changed. */
  readonly anchors?: PartAnchors | undefined
}

/** An about or usage text that is not truncated yet. */
export interface PartText extends AssembledText {
  /**
   * The beginning of a text above the limit, with the definitions that it needs and with empty comments. It is longer than
   * the limit.
   */
  readonly beginning?: AssembledText | undefined
}

/** The texts of a README. */
export interface ReadmeTexts extends TextFindings {
  /** `undefined` if the README contains only usage sections. */
  readonly about: PartText | undefined
  /** `undefined` if the README does not have a usage heading. */
  readonly usage: PartText | undefined
}

/**
 * Converts a README to about and usage text, with absolute links, and without front matter and skipped parts. Most steps
 * parse a part of the README.
 *
 * @throws UndecodableText or TooComplexText
 */
export function* readReadme(
  bytes: Uint8Array,
  usageHeadings: readonly string[],
  options: TextOptions
): Steps<ReadmeTexts> {
  const source = yield* readDocument(bytes)
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
export function* readTextFile(
  bytes: Uint8Array,
  options: TextOptions
): Steps<TextFindings & { readonly part: PartText }> {
  const source = yield* readDocument(bytes)
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
  /** Returns the offset in `original` of an offset in `document`. */
  readonly toOriginal: (offset: number) => number
  readonly unmatchedMarkers: readonly string[]
}

function* readDocument(bytes: Uint8Array): Steps<SourceDocument> {
  const original = yield* parseDocumentInSteps(withoutFrontMatter(decodeText(bytes)))
  const skipped = removeSkipped(original)
  const { text, unmatched: unmatchedMarkers, removed, toOriginal } = skipped
  if (removed.length === 0) return { document: original, original, toOriginal, unmatchedMarkers }
  const { document, shift } = restoreDefinitions(text, original, removed)
  return {
    document,
    original,
    toOriginal: (offset) => toOriginal(offset - shift),
    unmatchedMarkers
  }
}

/** Returns the text of ranges of a file before it is truncated. */
type Assemble = (ranges: readonly PartRange[]) => PartText

/** Creates the function that returns the texts of a file. All edits are made at once, so that it is parsed only once. */
function createAssembler(
  source: SourceDocument,
  { base, shortRef, emojiNames }: TextOptions
): { readonly assemble: Assemble; readonly faults: readonly FaultyLink[] } {
  const { document } = source
  const emojiEdits = emojiNames === undefined ? [] : listEmojiEdits(document, emojiNames)
  const themeEdits = listThemeEdits(document)
  const edits = [...themeEdits, ...emojiEdits]
  const removed = themeEdits.filter(({ text }) => text === '')
  const edit = createEditor(document.text, emojiEdits)
  const assembleFor = (linked: LinkEdits, target: LinkBase | undefined): Assemble => {
    const linkAnchors = target && createAnchorLinker({ ...source, edit }, addressOfFile(target))
    return withBeginning(document, (ranges, more) => {
      const links = linkAnchors?.(ranges)
      const all = [...edits, ...linked.edits, ...(links?.edits ?? []), ...more]
      return { text: assemblePart(document, ranges, all), anchors: links?.anchors }
    })
  }
  const links = linkEdits(document, base, removed)
  const assemble = assembleFor(links, base)
  const assembleShort = (ranges: readonly PartRange[]): PartText => {
    const part = assemble(ranges)
    if (part.beginning === undefined || base === undefined || shortRef === undefined) return part
    const shortBase = { ...base, ref: shortRef }
    const shorter = assembleFor(linkEdits(document, shortBase, removed), shortBase)(ranges)
    // A text that must be cut anyway keeps the links to the commit.
    return shorter.beginning === undefined ? shorter : part
  }
  return { assemble: assembleShort, faults: links.faults }
}

function linkEdits(
  document: MarkdownDocument,
  base: LinkBase | undefined,
  removed: readonly Range[]
): LinkEdits {
  return base === undefined ? { edits: [], faults: [] } : listLinkEdits(document, base, removed)
}

/** The maximum length of an about or usage text, in characters (the API model's AboutText and UsageText). */
export const MAX_TEXT_LENGTH = 25_600

/** The length of the first beginning that is tried. It is more than the limit, because edits can make a text shorter. */
const BEGINNING_LENGTH = 1.25 * MAX_TEXT_LENGTH

/** Adds the beginning of a text that is longer than the limit. */
function withBeginning(
  document: MarkdownDocument,
  assemble: (ranges: readonly PartRange[], more: readonly Edit[]) => AssembledText
): Assemble {
  return (ranges) => {
    const whole = assemble(ranges, [])
    if (whole.text.length <= MAX_TEXT_LENGTH) return whole
    // A text that is cut has empty comments. With the other edits, it does not need to be parsed again for them.
    const commentEdits = listCommentEdits(document)
    const longUrlEdits = listLongUrlEdits(document)
    for (let length = BEGINNING_LENGTH; ; length *= 2) {
      const { kept, closing } = beginningOf(document, ranges, length)
      if (kept === ranges) return { ...whole, beginning: whole }
      const { text, anchors } = assemble(kept, commentEdits)
      // Edits can make a text shorter. Very long URLs do not count, because they are removed from a text that is cut.
      if (text.length - lengthRemovedFrom(kept, longUrlEdits) > MAX_TEXT_LENGTH)
        return { ...whole, beginning: { text: text + closing, anchors } }
    }
  }
}

/** Returns the number of characters by which edits make ranges of a text shorter. */
function lengthRemovedFrom(ranges: readonly Range[], edits: readonly Edit[]): number {
  return edits
    .filter((edit) => ranges.some(({ start, end }) => edit.start >= start && edit.end <= end))
    .reduce((sum, { start, end, text }) => sum + end - start - text.length, 0)
}

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
export function fitText(part: PartText, url: string | undefined): FittedText {
  const excess = Math.max(0, part.text.length - MAX_TEXT_LENGTH)
  const truncate = ({ text, anchors }: AssembledText): TruncatedText =>
    truncateMarkdown(text, MAX_TEXT_LENGTH, {
      ending: endingFor(url),
      editsFor: anchors && ((document) => listCutAnchorEdits(document, anchors))
    })
  const beginning = part.beginning && truncate(part.beginning)
  // If the beginning fits to its end, more text follows it.
  const isCut = beginning?.cut !== undefined && beginning.isToEnd !== true
  const { text: fitted, cut } = isCut ? beginning : truncate(part)
  return { text: fitted, isTruncated: cut !== undefined, excess, section: cut?.section }
}

/** Returns the heading of the section in which a text exceeds the limit, or `undefined` before the first heading. */
export function sectionAtLimit(part: PartText): string | undefined {
  return sectionAt(parseDocument(part.text), MAX_TEXT_LENGTH)
}

function endingFor(url: string | undefined): string {
  return url === undefined
    ? '*This text is truncated because of the length limit of the gallery. The full text is in the source repository.*'
    : `*This text is truncated because of the length limit of the gallery. [Read the full text](${url}).*`
}
