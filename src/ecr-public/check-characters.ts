import { problem } from '../runner/errors.js'

/**
 * Checks variables whose values are sent in HTTP headers. A line break at the end is the usual mistake when a secret is
 * created from a file.
 *
 * @throws ActionError if a value contains a space, a line break or another character that is not printable ASCII; the
 * message omits the value
 */
export function checkCharacters(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[]
): void {
  for (const name of names) {
    const found = /[^\x21-\x7e]/u.exec(env[name] ?? '')
    if (found === null) continue
    const position = found.index === 0 ? 'begins with' : 'contains'
    throw problem({
      what: `The environment variable ${name} ${position} ${describeCharacter(found[0])}`,
      expected: 'The value consists of printable ASCII characters without spaces.',
      fix: `Correct the secret or setting that ${name} comes from.`
    })
  }
}

function describeCharacter(character: string): string {
  if (character === '\n' || character === '\r') return 'a line break'
  if (character === ' ' || character === '\t') return 'a space'
  const codePoint = character.codePointAt(0) ?? 0
  return `the character U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}
