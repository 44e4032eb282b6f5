import { ApiError, invalidParameter } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { OPERATIONS } from '../model/operations.js'
import type { OperationName } from '../model/operations.js'
import type { Input, Output } from '../model/types.js'
import type { Repository } from '../store/store.js'

/** The environment of an operation. */
export interface OperationCall {
  readonly context: EmulatorContext
  readonly operation: OperationName
  /** The registry host for URIs in the output. */
  readonly host: string
  /** `true` if a fault requires a part of the batch to fail. */
  readonly partial: boolean
}

/** The implementation of an operation. The input has been validated against the model. */
export type Operation<N extends OperationName> = (
  input: Input<N>,
  call: OperationCall
) => Output<N> | Promise<Output<N>>

/** Returns `true` for every second item of a batch if the fault `partial` is active. */
export function failsPartially({ partial }: OperationCall, at: number): boolean {
  return partial && at % 2 === 1
}

/** Returns the registry ID that messages contain. */
export function messageRegistryId({ settings }: EmulatorContext): string {
  return settings.messageRegistryId === 'alias' ? settings.alias : settings.account
}

/**
 * Returns the repository of an input.
 *
 * @throws ApiError if it does not exist or belongs to another registry
 */
export function getRepository(
  { context, operation }: OperationCall,
  input: { readonly registryId?: string | undefined; readonly repositoryName: string }
): Repository {
  const { registryId, repositoryName } = input
  checkRegistryId({ context, operation }, registryId, repositoryName)
  const repository = context.store.findRepository(repositoryName)
  if (repository === undefined) {
    throw repositoryNotFound(repositoryName, messageRegistryId(context))
  }
  return repository
}

/**
 * Checks that a registry ID or alias is the one of this registry.
 *
 * @throws ApiError if it belongs to another account
 */
export function checkRegistryId(
  { context, operation }: Pick<OperationCall, 'context' | 'operation'>,
  registryId: string | undefined,
  repositoryName = '*'
): void {
  const { account, alias } = context.settings
  if (registryId === undefined || registryId === account || registryId === alias) return
  throw foreignRegistry(context, operation, registryId, repositoryName)
}

/**
 * Checks that an input with names or IDs does not request a page as well: "This option cannot be
 * used when you specify images with imageIds" (API reference).
 *
 * @throws ApiError (InvalidParameterException)
 */
export function rejectPaging(
  { nextToken, maxResults }: { readonly nextToken?: unknown; readonly maxResults?: unknown },
  member: string
): void {
  if (nextToken === undefined && maxResults === undefined) return
  throw invalidParameter(
    nextToken === undefined ? 'maxResults' : 'nextToken',
    `cannot be used together with ${member}`
  )
}

/** Returns the ARN of a repository. It does not contain a region. */
export function repositoryArn(account: string, name: string): string {
  return `arn:aws:ecr-public::${account}:repository/${name}`
}

/** Creates the error for the registry of another account. */
function foreignRegistry(
  { settings }: EmulatorContext,
  operation: OperationName,
  registryId: string,
  repositoryName: string
): ApiError {
  if (settings.foreignRegistry === 'access-denied') {
    return new ApiError(
      'AccessDeniedException',
      `User: arn:aws:iam::${settings.account}:user/emulator is not authorized to perform: ecr-public:${operation} on resource: ${repositoryArn(registryId, repositoryName)} because no resource-based policy allows the ecr-public:${operation} action`
    )
  }
  const errors: readonly string[] = OPERATIONS[operation]
  if (errors.includes('RegistryNotFound')) {
    return new ApiError(
      'RegistryNotFoundException',
      `The registry with id '${registryId}' does not exist`
    )
  }
  return repositoryNotFound(repositoryName, registryId)
}

/** Creates the error for a repository that does not exist. */
export function repositoryNotFound(name: string, registryId: string): ApiError {
  return new ApiError(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${registryId}'`
  )
}
