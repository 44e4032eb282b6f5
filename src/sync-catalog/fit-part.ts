import { problem } from '../runner/errors.js'
import type { Annotation } from './annotation.js'
import type { MarkdownInput } from './markdown-file.js'
import { fitText, MAX_TEXT_LENGTH, sectionAtLimit } from './markdown/catalog-texts.js'
import type { PartText } from './markdown/catalog-texts.js'
import { addressOfFile } from './markdown/resolve-link.js'
import type { LinkBase } from './markdown/resolve-link.js'
import { runMarkdownParser } from './run-markdown-parser.js'

/** A text and the file that it comes from. */
export interface SourceText {
  readonly part: PartText
  readonly path: string
  /** The input that names the file, for errors. */
  readonly input: MarkdownInput
  readonly base: LinkBase | undefined
}

/** How a text that is too long is handled and reported. */
export interface FitOptions {
  readonly onTooLong: 'truncate' | 'fail'
  /** Returns a path as the workflow author writes it. */
  readonly displayPath: (path: string) => string
  /** A warning is added for a text that is truncated. */
  readonly annotations: Annotation[]
}

/** Returns a text within the limit of the gallery. @throws ActionError if it is too long and must not be truncated */
export function fitPart(
  field: 'about' | 'usage',
  source: SourceText | undefined,
  { onTooLong, displayPath, annotations }: FitOptions
): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (source === undefined) return undefined
  const { part, path, input, base } = source
  const { length } = part.text
  if (length > MAX_TEXT_LENGTH && onTooLong === 'fail') throw tooLong(field, source)
  const address = base === undefined ? undefined : addressOfFile(base)
  const fitted = runMarkdownParser(path, input, () => fitText(part, address))
  if (fitted.isTruncated) {
    const section = fitted.section === undefined ? '' : ` in section "${fitted.section}"`
    annotations.push({
      level: 'warning',
      text: `The ${field} text of ${displayPath(path)} is truncated${section}: ${fitted.text.length} of ${length} characters are left.`,
      kind: `The ${field} text is longer than ${MAX_TEXT_LENGTH} characters and is truncated.`
    })
  }
  return fitted
}

function tooLong(field: 'about' | 'usage', { part, path }: SourceText): Error {
  const { text } = part
  const section = sectionAtLimit(part)
  const place = section === undefined ? 'before the first heading' : `in section "${section}"`
  return problem({
    what: `The ${field} text is too long`,
    value: path,
    reason: `It has ${text.length} characters, ${text.length - MAX_TEXT_LENGTH} too many. The limit is reached ${place}.`,
    expected: `Use at most ${MAX_TEXT_LENGTH} characters.`,
    fix: `Shorten it, set "${field}" to a shorter file, or set "on-too-long" to "truncate".`
  })
}
