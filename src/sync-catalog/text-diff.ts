import { createTwoFilesPatch } from 'diff'

/** The maximum number of lines of a diff. */
const MAX_DIFF_LINES = 400
/** The maximum length of a line, in characters. A text can be one line of 25,600 characters. */
const MAX_LINE_LENGTH = 500
/** The maximum number of changed lines that are compared. Beyond it, the diff replaces the whole text. */
const MAX_EDIT_LENGTH = 2_000
/** The maximum length of all diffs of a step, in characters. The runner accepts a summary of 1 MiB. */
const MAX_DIFFS_LENGTH = 1_500_000

/**
 * Returns the unified diff of a field, without file headers.
 *
 * @param current the current text, empty if the field is not set
 */
export function textDiff(current: string, requested: string): string {
  const [from, to] = [withFinalNewline(current), withFinalNewline(requested)]
  const patch =
    createTwoFilesPatch('current', 'requested', from, to, undefined, undefined, {
      context: 3,
      maxEditLength: MAX_EDIT_LENGTH
    }) ?? wholeDiff(from, to)
  const lines = patch
    .replace(/^={5,}\n--- .*\n\+\+\+ .*\n/, '')
    .split('\n')
    .filter((line, at, all) => at < all.length - 1 || line !== '')
    .map((line) => (line.length > MAX_LINE_LENGTH ? `${shortenLine(line)}…` : line))
  if (lines.length <= MAX_DIFF_LINES) return lines.join('\n')
  const others = lines.length - MAX_DIFF_LINES
  return [...lines.slice(0, MAX_DIFF_LINES), `… and ${others} more lines`].join('\n')
}

/** Creates a function that returns each diff until the diffs of the step are too long, then their line count. */
export function createDiffLimiter(): (diff: string) => string {
  let remainingLength = MAX_DIFFS_LENGTH
  return (diff) => {
    remainingLength -= diff.length
    if (remainingLength >= 0) return diff
    return `(${diff.split('\n').length} lines, not shown because this step has too many changes)`
  }
}

/** Does not leave half of a surrogate pair at the end. */
function shortenLine(line: string): string {
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
