import { isStalled } from '../http/timeout-error.js'
import { messageOf, codeOf } from '../runner/errors.js'

/** The properties of an error of the SDK or the network. */
export interface ErrorFacts {
  /** The name of the AWS error, such as `ThrottlingException`, or of the class. */
  readonly name: string
  /** One line without secrets. */
  readonly message: string
  /** The code of a system error, such as `ECONNREFUSED`. */
  readonly code: string | undefined
  /** The HTTP status of the response, or `undefined` without a response. */
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** The number of attempts, or `undefined` if it is unknown. */
  readonly attempts: number | undefined
  /** `HOST:PORT` of the server or proxy, if the error contains it. */
  readonly peer: string | undefined
  /** `true` if the server did not respond to several attempts. More attempts would not succeed. */
  readonly isStalled: boolean
  /** `true` if an AWS service returned the error. */
  readonly isServiceError: boolean
}

/** The maximum length of a message, in characters. */
const MAX_MESSAGE_CHARACTERS = 400

/** Returns the properties of an error of any class. */
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
    isStalled: isStalled(error),
    isServiceError: recordOf(error).$fault !== undefined
  }
}

/**
 * Returns the first line of a message without secrets. If a signature does not match, the service quotes the signed
 * request with the session token.
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

/** Returns ` after N attempts`, or an empty string if the call was not retried. */
export function afterAttempts({ attempts }: ErrorFacts): string {
  return attempts === undefined || attempts < 2 ? '' : ` after ${String(attempts)} attempts`
}

/** Returns the first error of an `AggregateError`, which Node.js throws if all addresses of a host fail. */
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
