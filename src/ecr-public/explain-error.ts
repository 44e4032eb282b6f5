import { ActionError, messageOf, problem } from '../runner/errors.js'
import type { Problem } from '../runner/errors.js'
import type { Mode } from '../runner/inputs/input-specs.js'
import { errorFacts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'
import { explainCredentials, OIDC_SNIPPET } from './explain-credentials.js'
import { explainNetwork } from './explain-network.js'
import { findOperation } from './operation-names.js'
import { allActions, allowStatements, PERMISSIONS_SECTION } from './permissions.js'

/** What is known about where an error came from. */
export interface ErrorContext {
  readonly mode?: Mode | undefined
  /** The API operation; found by itself for errors of the client that this action makes. */
  readonly operation?: string | undefined
  /** The environment of the step; `process.env` where it is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** An error in words, and lines for below it. */
interface Explanation extends Problem {
  readonly details?: string | undefined
}

const THROTTLED = [
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'SlowDown'
]
const DENIED = ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'OptInRequired']

/**
 * Turns what the SDK or the network threw into words: what happened, the usual cause and the way out,
 * with the AWS request id where there is one and never with a secret. An `ActionError` is handed back
 * as it is; `undefined` for what is no error of AWS or the network, but a fault of this action.
 */
export function explainError(thrown: unknown, context: ErrorContext = {}): ActionError | undefined {
  if (thrown instanceof ActionError) return thrown
  const facts = errorFacts(thrown)
  const operation = context.operation ?? findOperation(thrown)
  const env = context.env ?? process.env
  const explanation: Explanation | undefined =
    explainDenied(facts, operation, context.mode) ??
    withSnippet(explainCredentials(facts, env)) ??
    explainService(facts, operation) ??
    explainNetwork(facts, env) ??
    explainAnswer(facts, operation)
  if (explanation === undefined) return undefined
  const { what, details, ...rest } = explanation
  const id = facts.requestId === undefined ? '' : ` (AWS request id ${facts.requestId})`
  // A cause is shown in the log too: one whose text could hold a secret is not kept.
  const cause = messageOf(thrown) === facts.message ? thrown : undefined
  return problem({ what: `${what}${id}`, ...rest }, cause, details)
}

/** The text of any error for one line of a report: explained where it can be, else its message. */
export function explainBriefly(thrown: unknown, context: ErrorContext = {}): string {
  return explainError(thrown, context)?.message ?? errorFacts(thrown).message
}

function withSnippet(found: Problem | undefined): Explanation | undefined {
  if (found?.what !== 'There are no AWS credentials') return found
  return { ...found, details: OIDC_SNIPPET }
}

function explainDenied(
  { name, message }: ErrorFacts,
  operation: string | undefined,
  mode: Mode | undefined
): Explanation | undefined {
  if (!DENIED.includes(name)) return undefined
  const action = deniedAction(message, operation)
  const isRole = action?.startsWith('sts:AssumeRole') === true
  if (isRole) {
    return {
      what: `AWS did not let the job assume the role: ${action}`,
      value: message,
      fix: "check the role's trust policy: the OIDC provider, its audience and the repository, branch or environment it names"
    }
  }
  const isExplicit = /explicit deny/i.test(message)
  return {
    what: `Access denied: ${action ?? 'an IAM action'} is ${isExplicit ? 'denied by a policy' : 'not allowed'}`,
    value: message,
    fix: isExplicit
      ? 'an explicit deny (service control policy, permissions boundary or IAM policy) must be lifted; no Allow outweighs it'
      : `allow it to the role of the job, as below; README, section "${PERMISSIONS_SECTION}", has the whole policy of ${mode === undefined ? 'every mode' : `mode ${mode}`}`,
    ...(isExplicit ? {} : { details: statementsFor(action, mode) })
  }
}

/** The IAM action that the message names, else the one of the operation. */
function deniedAction(message: string, operation: string | undefined): string | undefined {
  const named = /\b((?:ecr-public|sts|iam|kms):[A-Za-z]+)/.exec(message)?.[1]
  return named ?? (operation === undefined ? undefined : `ecr-public:${operation}`)
}

function statementsFor(action: string | undefined, mode: Mode | undefined): string | undefined {
  const missing = action === undefined ? [] : [action]
  // A token takes both: who lacks one of them mostly lacks the other.
  const token = allActions('login').slice(0, 2)
  const wanted = missing.some((each) => token.includes(each)) ? token : missing
  if (wanted.length === 0 && mode === undefined) return undefined
  const statements = allowStatements(wanted.length > 0 ? wanted : allActions(mode ?? 'login'))
  return `IAM statement to add:\n${JSON.stringify(statements, undefined, 2)}`
}

/** What is not there, by the error that says so. */
const MISSING: Readonly<Record<string, string>> = {
  RegistryNotFoundException: 'There is no such registry',
  RepositoryNotFoundException: 'There is no such repository'
}

/** Errors of the service that have a cause and a way out of their own. */
function explainService(
  { name, message, status, attempts }: ErrorFacts,
  operation: string | undefined
): Explanation | undefined {
  const call = operation === undefined ? 'The call' : operation
  const tries = attempts === undefined || attempts < 2 ? '' : ` after ${String(attempts)} attempts`
  if (THROTTLED.includes(name) || status === 429) {
    return {
      what: `${call} was still throttled${tries}`,
      value: message,
      expected: 'the rates are of the whole account, shared by all its jobs',
      fix: 'raise max-attempts (up to 20), or let fewer jobs run at once (concurrency:)'
    }
  }
  if (name === 'UnsupportedCommandException') {
    return {
      what: `${call} is not supported there`,
      value: message,
      expected: 'ECR Public has its API only in us-east-1',
      fix: 'unset AWS_ENDPOINT_URL_ECR_PUBLIC and AWS_ENDPOINT_URL, or point them to us-east-1'
    }
  }
  if (name === 'LimitExceededException' || name === 'TooManyTagsException') {
    return {
      what: `${call} would exceed a quota`,
      value: message,
      fix: 'delete what is no longer needed, or ask for more: https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html'
    }
  }
  const missing = MISSING[name]
  if (missing === undefined) return undefined
  return {
    what: missing,
    value: message,
    fix: 'check "repository" and "registry-id"; mode ensure-repo creates a repository'
  }
}

/** Any other answer of the service. */
function explainAnswer(
  { name, message, status, attempts, isAnswer }: ErrorFacts,
  operation: string | undefined
): Explanation | undefined {
  if (status === undefined) return undefined
  const call = operation === undefined ? 'the call' : operation
  const tries = attempts === undefined || attempts < 2 ? '' : ` after ${String(attempts)} attempts`
  if (status >= 500) {
    return {
      what: `ECR Public failed to do ${call}${tries}`,
      value: isAnswer ? `${name}: ${message}` : `HTTP status ${String(status)}`,
      fix: 'run the job again later; https://health.aws.amazon.com tells of outages'
    }
  }
  return {
    what: `ECR Public refused ${call}`,
    value: isAnswer ? `${name}: ${message}` : `HTTP status ${String(status)}: ${message}`
  }
}
