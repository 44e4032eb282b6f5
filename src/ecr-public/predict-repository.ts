import type { Repository } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed } from '../runner/errors.js'
import { listRegistries } from './listings.js'

/**
 * Returns a function that predicts the URI and ARN of a repository that does not exist yet, for a dry run. It returns
 * `undefined` if the caller's registry does not exist yet, if the caller is not allowed to read it, or if `registryId` is
 * the ID of another registry.
 */
export async function createPredictor(
  api: EcrPublicApi,
  registryId?: string
): Promise<(name: string) => Repository | undefined> {
  const registries = await listRegistries(api).catch((error: unknown) => {
    if (isErrorNamed(error, 'AccessDeniedException')) return []
    throw error
  })
  const registry = registries.find(
    ({ registryId: id }) => registryId === undefined || id === registryId
  )
  if (registry === undefined) return () => undefined
  const { registryUri, registryArn } = registry
  return (name) => ({
    repositoryName: name,
    registryId: registry.registryId,
    repositoryUri: `${registryUri ?? ''}/${name}`,
    repositoryArn: (registryArn ?? '').replace(/:registry\/.*$/, `:repository/${name}`)
  })
}
