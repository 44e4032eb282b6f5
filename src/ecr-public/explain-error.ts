import { ActionError, messageOf, problem } from '../runner/errors.js'
import type { Problem } from '../runner/errors.js'
import { findCalledEndpoint } from './called-endpoint.js'
import { afterAttempts, errorFacts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'
import {
  explainCredentials,
  explainProfile,
  explainProvider,
  NO_CREDENTIALS_FOUND,
  OIDC_SNIPPET
} from './explain-credentials.js'
import { explainDenied } from './explain-denied.js'
import type { DeniedContext, Explanation } from './explain-denied.js'
import { ECR_PUBLIC, explainNetwork, STS } from './explain-network.js'
import type { CalledService } from './explain-network.js'
import { explainRole } from './role/explain-role.js'
import type { AssumedRole } from './role/explain-role.js'
import { findOperation } from './operation-names.js'
import { isProviderError, profileOfError } from './provider-errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** The context of an error. */
export interface ErrorContext extends DeniedContext {
  /** The API operation. The default is the operation that this action's client recorded for the error. */
  readonly operation?: string | undefined
  /** The role, if the call is AssumeRoleWithWebIdentity of STS. */
  readonly assumed?: AssumedRole | undefined
  /** `true` if the call is one of STS with the credentials of the step. */
  readonly isSts?: boolean
  /** The environment of the step. The default is `process.env`. */
  readonly env?: Env
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
  const profile = profileOfError(thrown)
  const isRoleError = context.assumed !== undefined || isOfProvider
  const isSts = context.isSts === true
  const service = isRoleError || isSts ? STS : ECR_PUBLIC
  const explanation: Explanation | undefined =
    (profile !== undefined
      ? explainProfile(facts, messageOf(thrown), env)
      : isRoleError
        ? explainRole(facts, context.assumed ?? { role: env.AWS_ROLE_ARN })
        : isSts
          ? undefined
          : explainDenied(facts, operation, context)) ??
    withSnippet(explainCredentials(facts, env)) ??
    explainService(facts, operation, env) ??
    explainNetwork(facts, env, service) ??
    explainStatus(facts, isOfProvider ? 'the request for credentials' : operation, service) ??
    (isOfProvider ? explainProvider(facts, env) : undefined)
  if (explanation === undefined) return undefined
  const { what, details, reason, ...rest } = explanation
  const id = facts.requestId === undefined ? '' : ` (AWS request ID ${facts.requestId})`
  // Causes are logged as well, so a cause whose message can contain a secret is dropped.
  const cause = messageOf(thrown) === facts.message ? thrown : undefined
  return problem(
    { what: `${what}${id}`, reason: withProfile(reason, profile, env), ...rest },
    cause,
    details
  )
}

/** Returns one line for any error: the explanation, or the message if there is none. */
export function explainBriefly(thrown: unknown, context: ErrorContext = {}): string {
  return explainError(thrown, context)?.message ?? errorFacts(thrown).message
}

/** Adds the profile whose credentials could not be loaded to a reason. */
function withProfile(
  reason: string | undefined,
  profile: string | undefined,
  env: Env
): string | undefined {
  if (profile === undefined) return reason
  const named = env.AWS_PROFILE
    ? `AWS_PROFILE selects the profile "${profile}".`
    : `The shared config files contain the profile "${profile}".`
  return reason === undefined ? named : `${named} ${reason}`
}

function withSnippet(found: Problem | undefined): Explanation | undefined {
  if (found?.what !== NO_CREDENTIALS_FOUND) return found
  return { ...found, details: OIDC_SNIPPET }
}

/** The first sentence for errors about something that does not exist. */
const MISSING: Readonly<Record<string, string>> = {
  RegistryNotFoundException: 'The registry does not exist',
  RepositoryNotFoundException: 'The repository does not exist'
}

/** Explains the errors of the service that have a specific cause. */
function explainService(
  facts: ErrorFacts,
  operation: string | undefined,
  env: Env
): Explanation | undefined {
  const { name, message, status } = facts
  const call = operation === undefined ? 'The API call' : operation
  if (THROTTLED.includes(name) || status === 429) {
    return {
      what: `${call} was throttled${afterAttempts(facts)}`,
      value: message,
      reason: 'All jobs of an AWS account share its rate limits.',
      fix: 'Increase "max-attempts" (up to 20), or run fewer jobs in parallel, for example with "max-parallel" of a matrix.'
    }
  }
  if (name === 'UnsupportedCommandException') {
    const { setting } = findCalledEndpoint('api', env)
    return {
      what: `${call} is not supported by the endpoint`,
      value: message,
      reason: 'The ECR Public API exists only in us-east-1.',
      fix: setting && `Unset ${setting.name}, or set it to an endpoint in us-east-1.`
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
