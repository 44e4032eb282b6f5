/**
 * An error with a message for the author of the workflow: what is wrong, the value, what is expected and how to fix
 * it. Any other error is reported as an unexpected one.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError'

  /**
   * @param details lines to log below the error, such as a snippet to copy
   * @param hasFix `false` if the message does not contain a fix
   */
  constructor(
    message: string,
    options?: ErrorOptions,
    readonly details?: string,
    readonly hasFix = true
  ) {
    super(message, options)
  }
}

/** The parts of an error message, in the order in which they are shown. */
export interface Problem {
  /** What is wrong, as a sentence without a full stop: `Input "max-attempts" is out of range`. */
  readonly what: string
  /** The wrong value, shown in quotes. Leave it out if it could be a secret. */
  readonly value?: string | undefined
  /** Why it is wrong, as one or more full sentences: `The service answered 403.` */
  readonly reason?: string | undefined
  /** What is expected, as one or more full sentences: `Use a whole number from 1 to 20.` */
  readonly expected?: string | undefined
  /** How to fix it, as one or more full sentences: `Remove one of the two inputs.` */
  readonly fix?: string | undefined
}

/** The maximum length of a quoted value, in characters. The rest is elided. */
const MAX_QUOTED_CHARACTERS = 200

/** The maximum length of any other part, in characters. Names from an archive or a response can have any length. */
const MAX_PART_CHARACTERS = 4000

/** Creates the error `<what>: "<value>". <reason> <expected> <fix>`. */
export function problem(parts: Problem, cause?: unknown, details?: string): ActionError {
  const { what, value, reason, expected, fix } = parts
  const quoted = value === undefined ? '' : `: "${elide(value, MAX_QUOTED_CHARACTERS)}"`
  const sentences = [reason, expected, fix].filter((sentence) => sentence !== undefined)
  const message = [
    `${elide(what, MAX_PART_CHARACTERS)}${quoted}.`,
    ...sentences.map((sentence) => elide(sentence, MAX_PART_CHARACTERS))
  ].join(' ')
  const options = cause === undefined ? undefined : { cause }
  return new ActionError(message, options, details, fix !== undefined)
}

/** Returns the message of anything that was thrown, including values that are not an `Error`. */
export function messageOf(thrown: unknown): string {
  const message = textMember(thrown, 'message')
  if (message !== undefined) return message
  try {
    return String(thrown)
  } catch {
    // The SDK copies the members of a response to its error, so that even `toString` can be of another type.
    return 'an error without a message'
  }
}

/** Returns the `code` of a Node.js system error (`ENOENT`, `ECONNRESET`, …), or `undefined`. */
export function codeOf(thrown: unknown): string | undefined {
  return textMember(thrown, 'code')
}

/** Returns `true` if the error has one of these names, such as `RepositoryNotFoundException` of the API. */
export function isErrorNamed(thrown: unknown, ...names: readonly string[]): thrown is Error {
  return thrown instanceof Error && names.includes(thrown.name)
}

/** Does not use `instanceof`, since under jest, code runs in a `vm` and Node.js's own errors belong to another realm. */
function textMember(thrown: unknown, name: 'message' | 'code'): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const value: unknown = (thrown as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : undefined
}

function elide(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}…`
}
