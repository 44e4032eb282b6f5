/**
 * An error whose message is meant for the person who wrote the workflow: it says what is wrong, the
 * value, what is allowed and the way out. Anything else that is thrown is a fault of ours and is
 * reported as such.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError'

  /** @param details lines to show below the error, such as a snippet to copy */
  constructor(
    message: string,
    options?: ErrorOptions,
    readonly details?: string
  ) {
    super(message, options)
  }
}

/** The parts of an error message, in the order in which they are shown. */
export interface Problem {
  /** What is wrong, as a clause without a full stop: `Input "max-attempts" must be a whole number`. */
  readonly what: string
  /** The offending value, shown in quotes; left out where it could be a secret. */
  readonly value?: string | undefined
  /** What is allowed. */
  readonly allowed?: string | undefined
  /** What to do about it. */
  readonly wayOut?: string | undefined
}

/** The longest value that an error message quotes, in characters; the rest is elided. */
const MAX_QUOTED_CHARACTERS = 200

/** The longest other part: names from an archive or a response may be of any length. */
const MAX_PART_CHARACTERS = 4000

/** Makes the error *what – the value – what is allowed – the way out*, keeping its `cause`. */
export function problem(parts: Problem, cause?: unknown, details?: string): ActionError {
  const segments = [elide(parts.what, MAX_PART_CHARACTERS)]
  if (parts.value !== undefined) segments.push(`"${elide(parts.value, MAX_QUOTED_CHARACTERS)}"`)
  if (parts.allowed !== undefined) segments.push(elide(parts.allowed, MAX_PART_CHARACTERS))
  if (parts.wayOut !== undefined) segments.push(elide(parts.wayOut, MAX_PART_CHARACTERS))
  const options = cause === undefined ? undefined : { cause }
  return new ActionError(segments.join(' – '), options, details)
}

/** The message of anything that was thrown, also of what is no `Error`. */
export function messageOf(thrown: unknown): string {
  const message = textMember(thrown, 'message')
  if (message !== undefined) return message
  try {
    return String(thrown)
  } catch {
    // An answer may give an error of the SDK any members, a message that is no text and no way to be one too.
    return 'an error without a message'
  }
}

/** The `code` of a Node.js system error (`ENOENT`, `ECONNRESET`, …), or `undefined`. */
export function codeOf(thrown: unknown): string | undefined {
  return textMember(thrown, 'code')
}

/** Not by `instanceof`: Node.js's own errors are of another realm where code runs in a `vm`, as under jest. */
function textMember(thrown: unknown, name: 'message' | 'code'): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const value: unknown = (thrown as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : undefined
}

function elide(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}…`
}
