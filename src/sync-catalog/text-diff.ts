import { createTwoFilesPatch } from 'diff'

/** The most lines that a diff is shown with. */
const MAX_DIFF_LINES = 400
/** The most characters of one line: a text may be one line of 25,600. */
const MAX_LINE_LENGTH = 500
/** Beyond this many changed lines the two texts count as wholly different. */
const MAX_EDIT_LENGTH = 2_000

/**
 * The unified diff of a field, without file headers.
 *
 * @param current what is there, empty where nothing is
 */
export function textDiff(current: string, wanted: string): string {
  const [from, to] = [withFinalNewline(current), withFinalNewline(wanted)]
  const patch =
    createTwoFilesPatch('gallery', 'wanted', from, to, undefined, undefined, {
      context: 3,
      maxEditLength: MAX_EDIT_LENGTH
    }) ?? wholeDiff(from, to)
  const lines = patch
    .split('\n')
    .filter((line) => !/^(?:={5,}|--- gallery|\+\+\+ wanted)/.test(line))
    .filter((line, at, all) => at < all.length - 1 || line !== '')
    .map((line) => (line.length > MAX_LINE_LENGTH ? `${cutLine(line)}…` : line))
  if (lines.length <= MAX_DIFF_LINES) return lines.join('\n')
  const rest = lines.length - MAX_DIFF_LINES
  return [...lines.slice(0, MAX_DIFF_LINES), `… and ${rest} more lines`].join('\n')
}

/** Not within a surrogate pair. */
function cutLine(line: string): string {
  return line.slice(0, MAX_LINE_LENGTH).replace(/[\ud800-\udbff]$/, '')
}

function wholeDiff(from: string, to: string): string {
  const mark = (text: string, sign: string): string => text.replace(/^/gm, sign)
  return `${mark(from.trimEnd(), '-')}\n${mark(to.trimEnd(), '+')}\n`
}

function withFinalNewline(text: string): string {
  const normal = text.replace(/\r\n?/g, '\n')
  return normal === '' || normal.endsWith('\n') ? normal : `${normal}\n`
}
