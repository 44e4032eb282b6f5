import { messageOf, codeOf } from '../runner/errors.js'

/** What can be known of an error that the SDK or the network threw. */
export interface ErrorFacts {
  /** The name of the AWS error, `ThrottlingException`, or of the class. */
  readonly name: string
  /** One line, without what could be a secret. */
  readonly message: string
  /** The system's code: `ECONNREFUSED`. */
  readonly code: string | undefined
  /** The HTTP status of the answer; `undefined` where there was none. */
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** How often the call was tried; `undefined` where that is not known. */
  readonly attempts: number | undefined
  /** `HOST:PORT` that was spoken to, where the error tells. */
  readonly peer: string | undefined
  /** `true` for an error that an AWS service answered. */
  readonly isAnswer: boolean
}

/** The longest part of a message that is shown, in characters. */
const MAX_MESSAGE_CHARACTERS = 400

/** Looks at an error, whatever its class. */
export function errorFacts(thrown: unknown): ErrorFacts {
  const error = innermost(thrown)
  const metadata = recordOf(recordOf(error).$metadata)
  return {
    name: stringOf(recordOf(error).name) ?? '',
    message: safeMessage(messageOf(error)),
    code: codeOf(error),
    status: numberOf(metadata.httpStatusCode),
    requestId: stringOf(metadata.requestId),
    attempts: numberOf(metadata.attempts),
    peer: peerOf(recordOf(error)),
    isAnswer: recordOf(error).$fault !== undefined
  }
}

/**
 * The first line of a message without what could be a secret: the service quotes the signed request,
 * session token and all, where a signature does not match.
 */
export function safeMessage(message: string): string {
  const [line = ''] = message.trim().split(/[\r\n]/)
  const clean = line
    .replace(/\/\/[^/\s@]*@/g, '//…@')
    .replace(/(x-amz-security-token\s*[:=]\s*)\S+/gi, '$1…')
    .replace(/[A-Za-z0-9+/=_-]{100,}/g, '…')
  return clean.length <= MAX_MESSAGE_CHARACTERS
    ? clean
    : `${clean.slice(0, MAX_MESSAGE_CHARACTERS)}…`
}

/** Node.js hands out an `AggregateError` where every address of a host failed; its first error tells most. */
function innermost(thrown: unknown): unknown {
  if (thrown instanceof AggregateError && thrown.errors[0] !== undefined) {
    const [first] = thrown.errors as unknown[]
    return first
  }
  return thrown
}

function peerOf(error: Readonly<Record<string, unknown>>): string | undefined {
  const host = stringOf(error.hostname) ?? stringOf(error.host) ?? stringOf(error.address)
  const port = numberOf(error.port)
  return host === undefined || port === undefined ? host : `${host}:${String(port)}`
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
