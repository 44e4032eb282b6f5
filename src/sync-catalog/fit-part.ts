import { problem } from '../runner/errors.js'
import type { Annotation } from './create-text-reader.js'
import { fitText, MAX_TEXT_LENGTH, sectionAtLimit } from './markdown/catalog-texts.js'
import { addressOfFile } from './markdown/resolve-relative-link.js'
import type { LinkBase } from './markdown/resolve-relative-link.js'
import { runMarkdownParser } from './run-markdown-parser.js'

/** A text and the file that it comes from. */
export interface SourceText {
  readonly text: string
  readonly path: string
  /** The input that names the file, for errors. */
  readonly input: 'readme' | 'about' | 'usage'
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
  part: 'about' | 'usage',
  source: SourceText | undefined,
  { onTooLong, displayPath, annotations }: FitOptions
): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (source === undefined) return undefined
  const { text, path, input, base } = source
  if (text.length > MAX_TEXT_LENGTH && onTooLong === 'fail') {
    throw tooLong(part, source)
  }
  const address = base === undefined ? undefined : addressOfFile(base)
  const fitted = runMarkdownParser(path, input, () => fitText(text, address))
  if (fitted.isTruncated) {
    const section = fitted.section === undefined ? '' : ` in section "${fitted.section}"`
    annotations.push({
      level: 'warning',
      text: `The ${part} text of ${displayPath(path)} is truncated${section}: ${fitted.text.length} of ${text.length} characters are left.`,
      kind: `The ${part} text is longer than ${MAX_TEXT_LENGTH} characters and is truncated.`
    })
  }
  return fitted
}

function tooLong(part: 'about' | 'usage', { text, path }: SourceText): Error {
  const section = sectionAtLimit(text)
  const place = section === undefined ? 'before the first heading' : `in section "${section}"`
  return problem({
    what: `The ${part} text is too long`,
    value: path,
    reason: `It has ${text.length} characters, ${text.length - MAX_TEXT_LENGTH} too many. The limit is reached ${place}.`,
    expected: `Use at most ${MAX_TEXT_LENGTH} characters.`,
    fix: `Shorten it, set "${part}" to a shorter file, or set "on-too-long" to "truncate".`
  })
}
