/**
 * Returns text from outside without control characters, and escapes what the runner reads as a workflow command: `::`
 * at the start of a line, and `##[` anywhere. A carriage return ends a line as well.
 *
 * Source: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function safeLogText(text: string): string {
  return withoutControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n')
}

/** Returns the text of `safeLogText` on one line: line breaks become spaces. */
export function safeLine(text: string): string {
  return safeLogText(text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' '))
}

/** Returns the text as one line of HTML for the job summary, with all Markdown and HTML escaped. */
export function safeSummaryHtml(text: string): string {
  return withoutControlCharacters(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[&<>"'`*_[\]@#|~\\:]/g, (character) => `&#${String(character.charCodeAt(0))};`)
}

/** Returns a fenced code block for the job summary. The content cannot end the block. */
export function safeCodeBlock(text: string, language: string): string {
  const content = withoutControlCharacters(text)
  const longestRun = Math.max(0, ...[...content.matchAll(/`+/g)].map((match) => match[0].length))
  const fence = '`'.repeat(Math.max(3, longestRun + 1))
  return `${fence}${language}\n${content}\n${fence}`
}

/* eslint-disable no-control-regex -- these expressions remove control characters */

// ECMA-48: control sequences (CSI) and operating system commands (OSC).
const ESCAPE_SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g

// Control characters other than tab and line feed, and the Unicode marks that change the direction of text.
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/* eslint-enable no-control-regex */

function withoutControlCharacters(text: string): string {
  return text
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(ESCAPE_SEQUENCES, '')
    .replace(CONTROL_CHARACTERS, '')
}
