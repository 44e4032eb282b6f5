import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { OperationName } from '../model/operations.js'
import { matchesAction } from './action-patterns.js'
import { repositoryArn } from '../operations/operation.js'

/** Operations whose resource in a policy is `*`, because they do not act on a repository. */
const WITHOUT_RESOURCE: readonly OperationName[] = [
  'GetAuthorizationToken',
  'DescribeRegistries',
  'GetRegistryCatalogData',
  'PutRegistryCatalogData'
]

/**
 * Checks a call against the `allow` option, as an identity-based policy would.
 *
 * @throws ApiError (AccessDeniedException)
 */
export function checkAllowed(
  context: EmulatorContext,
  operation: OperationName,
  input: unknown
): void {
  const { allow } = context.settings
  if (allow === undefined) return
  const needed = [`ecr-public:${operation}`]
  // "Requires the ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken permissions" (API reference).
  if (operation === 'GetAuthorizationToken') needed.push('sts:GetServiceBearerToken')
  const missing = needed.find((action) => !allow.some((pattern) => matchesAction(pattern, action)))
  if (missing !== undefined) throw accessDenied(context, operation, missing, input)
}

/** Creates the error for a caller whose policy does not allow an action. */
export function accessDenied(
  context: EmulatorContext,
  operation: OperationName,
  action: string,
  input?: unknown
): ApiError {
  const { account } = context.settings
  return new ApiError(
    'AccessDeniedException',
    `User: arn:aws:iam::${account}:user/emulator is not authorized to perform: ${action} on resource: ${resourceOf(account, operation, input)} because no identity-based policy allows the ${action} action`
  )
}

function resourceOf(account: string, operation: OperationName, input: unknown): string {
  if (WITHOUT_RESOURCE.includes(operation)) return '*'
  const { repositoryName, resourceArn } = (input ?? {}) as Record<string, unknown>
  if (typeof resourceArn === 'string') return resourceArn
  const name = typeof repositoryName === 'string' ? repositoryName : '*'
  return repositoryArn(account, name)
}
