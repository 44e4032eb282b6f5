import { ActionError, messageOf, problem } from '../runner/errors.js'
import type { Problem } from '../runner/errors.js'
import type { Mode } from '../runner/inputs/input-specs.js'
import { afterAttempts, errorFacts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'
import {
  explainCredentials,
  explainProvider,
  NO_CREDENTIALS_FOUND,
  OIDC_SNIPPET
} from './explain-credentials.js'
import { ECR_PUBLIC, explainNetwork, STS } from './explain-network.js'
import type { CalledService } from './explain-network.js'
import { explainRole } from './role/explain-role.js'
import type { AssumedRole } from './role/explain-role.js'
import { findOperation } from './operation-names.js'
import { isProviderError } from './provider-errors.js'
import { allActions, allowStatements, PERMISSIONS_SECTION } from './permissions.js'

/** The context of an error. */
export interface ErrorContext {
  readonly mode?: Mode | undefined
  /** The API operation. The default is the operation that this action's client recorded for the error. */
  readonly operation?: string | undefined
  /** The role, if the call is AssumeRoleWithWebIdentity of STS. */
  readonly assumed?: AssumedRole | undefined
  /** The IAM actions that the run can require, as far as they are known. */
  readonly requiredActions?: readonly string[] | undefined
  /** The environment of the step. The default is `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** An explained error, with details to log below it. */
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
 * Explains an error of the SDK or the network: what happened, the usual cause and how to fix it, with the AWS request
 * ID and without secrets. Returns an `ActionError` unchanged, and `undefined` for an error in this action.
 */
export function explainError(thrown: unknown, context: ErrorContext = {}): ActionError | undefined {
  if (thrown instanceof ActionError) return thrown
  const facts = errorFacts(thrown)
  const operation = context.operation ?? findOperation(thrown)
  const env = context.env ?? process.env
  const isOfProvider = isProviderError(thrown)
  const isRoleError = context.assumed !== undefined || isOfProvider
  const service = isRoleError ? STS : ECR_PUBLIC
  const explanation: Explanation | undefined =
    (isRoleError
      ? explainRole(facts, context.assumed ?? { role: env.AWS_ROLE_ARN })
      : explainDenied(facts, operation, context)) ??
    withSnippet(explainCredentials(facts, env)) ??
    explainService(facts, operation) ??
    explainNetwork(facts, env, service) ??
    explainStatus(facts, isOfProvider ? 'the request for credentials' : operation, service) ??
    (isOfProvider ? explainProvider(facts, env) : undefined)
  if (explanation === undefined) return undefined
  const { what, details, ...rest } = explanation
  const id = facts.requestId === undefined ? '' : ` (AWS request ID ${facts.requestId})`
  // Causes are logged as well, so a cause whose message can contain a secret is dropped.
  const cause = messageOf(thrown) === facts.message ? thrown : undefined
  return problem({ what: `${what}${id}`, ...rest }, cause, details)
}

/** Returns one line for any error: the explanation, or the message if there is none. */
export function explainBriefly(thrown: unknown, context: ErrorContext = {}): string {
  return explainError(thrown, context)?.message ?? errorFacts(thrown).message
}

function withSnippet(found: Problem | undefined): Explanation | undefined {
  if (found?.what !== NO_CREDENTIALS_FOUND) return found
  return { ...found, details: OIDC_SNIPPET }
}

function explainDenied(
  { name, message }: ErrorFacts,
  operation: string | undefined,
  { mode, requiredActions = [] }: ErrorContext
): Explanation | undefined {
  if (!DENIED.includes(name)) return undefined
  const action = deniedAction(message, operation)
  const isExplicit = /explicit deny/i.test(message)
  const others = requiredActions.filter((each) => each !== action)
  return {
    what: `Access denied: ${action ?? 'an IAM action'} is ${isExplicit ? 'denied by a policy' : 'not allowed'}`,
    value: message,
    reason: reasonOfDenial(action, isExplicit, others),
    fix: isExplicit
      ? 'Remove the explicit deny from the service control policy, permissions boundary or IAM policy. An Allow statement cannot override it.'
      : `Add the statement below to the IAM policy of the job's role. The README section "${PERMISSIONS_SECTION}" contains the complete policy of ${mode === undefined ? 'every mode' : `mode ${mode}`}.`,
    ...(isExplicit ? {} : { details: statementsFor(action, mode, others) })
  }
}

function reasonOfDenial(
  action: string | undefined,
  isExplicit: boolean,
  others: readonly string[]
): string | undefined {
  const sentences: string[] = []
  if (others.length > 0) sentences.push(`This run can also require ${others.join(', ')}.`)
  if (!isExplicit && action?.startsWith('ecr-public:') === true) {
    sentences.push('Permissions that begin with "ecr:" apply only to private repositories.')
  }
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

/** Returns the IAM action in the message, or the action of the operation if the message does not contain one. */
function deniedAction(message: string, operation: string | undefined): string | undefined {
  const named = /\b((?:ecr-public|sts|iam|kms):[A-Za-z]+)/.exec(message)?.[1]
  return named ?? (operation === undefined ? undefined : `ecr-public:${operation}`)
}

function statementsFor(
  action: string | undefined,
  mode: Mode | undefined,
  others: readonly string[]
): string | undefined {
  const missing = action === undefined ? [] : [action]
  // An authorization token requires both actions, and a policy usually lacks both.
  const token = allActions('login').slice(0, 2)
  const needed = missing.some((each) => token.includes(each)) ? token : missing
  if (needed.length === 0 && mode === undefined) return undefined
  const statements = allowStatements(
    needed.length > 0 ? [...needed, ...others] : allActions(mode ?? 'login')
  )
  return `IAM statement to add:\n${JSON.stringify(statements, undefined, 2)}`
}

/** The first sentence for errors about something that does not exist. */
const MISSING: Readonly<Record<string, string>> = {
  RegistryNotFoundException: 'The registry does not exist',
  RepositoryNotFoundException: 'The repository does not exist'
}

/** Explains the errors of the service that have a specific cause. */
function explainService(facts: ErrorFacts, operation: string | undefined): Explanation | undefined {
  const { name, message, status } = facts
  const call = operation === undefined ? 'The API call' : operation
  if (THROTTLED.includes(name) || status === 429) {
    return {
      what: `${call} was throttled${afterAttempts(facts)}`,
      value: message,
      reason: 'All jobs of an AWS account share its rate limits.',
      fix: 'Increase "max-attempts" (up to 20), or use "concurrency" to run fewer jobs in parallel.'
    }
  }
  if (name === 'UnsupportedCommandException') {
    return {
      what: `${call} is not supported by the endpoint`,
      value: message,
      reason: 'The ECR Public API exists only in us-east-1.',
      fix: 'Unset AWS_ENDPOINT_URL_ECR_PUBLIC and AWS_ENDPOINT_URL, or set them to us-east-1.'
    }
  }
  if (name === 'LimitExceededException' || name === 'TooManyTagsException') {
    return {
      what: `${call} would exceed a quota`,
      value: message,
      fix: 'Delete resources that are not needed, or request a quota increase (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html).'
    }
  }
  const missing = MISSING[name]
  if (missing === undefined) return undefined
  return {
    what: missing,
    value: message,
    fix: 'Check "repository" and "registry-id". Mode ensure-repo creates repositories.'
  }
}

/** Explains any other response of the service. */
function explainStatus(
  facts: ErrorFacts,
  operation: string | undefined,
  service: CalledService
): Explanation | undefined {
  const { name, message, status, isServiceError } = facts
  if (status === undefined) return undefined
  const call = operation === undefined ? 'the API call' : operation
  if (status >= 500) {
    return {
      what: `${service.name} failed to process ${call}${afterAttempts(facts)}`,
      value: isServiceError ? `${name}: ${message}` : `HTTP status ${String(status)}`,
      fix: 'Run the job again later. Outages are listed at https://health.aws.amazon.com.'
    }
  }
  return {
    what: `${service.name} rejected ${call}`,
    value: isServiceError ? `${name}: ${message}` : `HTTP status ${String(status)}: ${message}`
  }
}
