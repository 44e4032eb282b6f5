import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { OPERATIONS } from '../model/operations.js'
import type { OperationName } from '../model/operations.js'
import type { Input, Output } from '../model/types.js'
import type { Repository } from '../store.js'

/** What an operation knows besides its input. */
export interface OperationCall {
  readonly context: EmulatorContext
  readonly operation: OperationName
  /** The registry host that URIs name. */
  readonly host: string
  /** A fault asks for a part of the batch to fail. */
  readonly partial: boolean
}

/** One operation: an input that the model allows, to an output or an ApiError. */
export type Operation<N extends OperationName> = (
  input: Input<N>,
  call: OperationCall
) => Output<N> | Promise<Output<N>>

/** The registry id as messages give it. */
export function messageRegistryId({ settings }: EmulatorContext): string {
  return settings.messageRegistryId === 'alias' ? settings.alias : settings.account
}

/**
 * The repository that an input names.
 *
 * @throws ApiError where there is none, or the registry is another account's
 */
export function getRepository(
  { context, operation }: OperationCall,
  input: { readonly registryId?: string | undefined; readonly repositoryName: string }
): Repository {
  const { registryId, repositoryName } = input
  const { account, alias } = context.settings
  if (registryId !== undefined && registryId !== account && registryId !== alias) {
    throw foreignRegistry(context, operation, registryId, repositoryName)
  }
  const repository = context.store.findRepository(repositoryName)
  if (repository === undefined) {
    throw repositoryNotFound(repositoryName, messageRegistryId(context))
  }
  return repository
}

/** The error for a registry that is not the caller's. */
export function foreignRegistry(
  { settings }: EmulatorContext,
  operation: OperationName,
  registryId: string,
  repositoryName = '*'
): ApiError {
  if (settings.foreignRegistry === 'access-denied') {
    return new ApiError(
      'AccessDeniedException',
      `User: arn:aws:iam::${settings.account}:user/emulator is not authorized to perform: ecr-public:${operation} on resource: arn:aws:ecr-public::${registryId}:repository/${repositoryName} because no resource-based policy allows the ecr-public:${operation} action`
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

/** The service's error for a repository that does not exist. */
export function repositoryNotFound(name: string, registryId: string): ApiError {
  return new ApiError(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${registryId}'`
  )
}
