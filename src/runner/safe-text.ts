/**
 * Text from outside (names, READMEs, service messages) made harmless for the log of a GitHub runner.
 * The runner takes a line that begins with `::` as a workflow command, and `##[` anywhere as an older
 * form of it; a lone carriage return ends a line too
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs). Control characters,
 * ANSI sequences and the marks that reverse the direction of text are taken out.
 */
export function safeLogText(text: string): string {
  return withoutControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n')
}

/** Text on one line: line breaks become spaces, the rest as in `safeLogText`. */
export function safeLine(text: string): string {
  return safeLogText(text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' '))
}

/** Text inside HTML of the job summary, as one line; no Markdown or HTML of it takes effect. */
export function safeSummaryHtml(text: string): string {
  return withoutControlCharacters(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[&<>"'`*_[\]@#|~\\:]/g, (character) => `&#${String(character.charCodeAt(0))};`)
}

/** A fenced code block of the job summary that its content cannot end. */
export function safeCodeBlock(text: string, language: string): string {
  const content = withoutControlCharacters(text)
  const longestRun = Math.max(0, ...[...content.matchAll(/`+/g)].map((match) => match[0].length))
  const fence = '`'.repeat(Math.max(3, longestRun + 1))
  return `${fence}${language}\n${content}\n${fence}`
}

/* eslint-disable no-control-regex -- taking control characters out is what these are for */

// ECMA-48: control sequences (CSI) and operating system commands (OSC).

const ESCAPE_SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g

// Control characters but tab and line feed, and the marks that embed, override or isolate a direction of text.
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/* eslint-enable no-control-regex */

function withoutControlCharacters(text: string): string {
  return text
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(ESCAPE_SEQUENCES, '')
    .replace(CONTROL_CHARACTERS, '')
}
