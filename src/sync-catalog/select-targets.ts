import type { Repository } from '@aws-sdk/client-ecr-public'
import { createPredictor } from '../ecr-public/predict-repository.js'
import { resolveRepositories, selectRepositories } from '../ecr-public/resolve-repositories.js'
import type { Deps } from '../runner/deps.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'

/** A repository whose catalog data is requested. */
export interface CatalogTarget {
  readonly repository: Repository
  /** `false` in a dry run for a repository that does not exist yet. */
  readonly exists: boolean
}

/**
 * Returns the selected repositories. A dry run accepts names of repositories that do not exist yet, so that a first
 * release can be tried as a whole.
 *
 * @throws ActionError if the selection is not valid, or if a repository does not exist and this is not a dry run
 */
export async function selectTargets(
  { repositories, registryId, dryRun }: SyncCatalogInputs,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<CatalogTarget[]> {
  if (!dryRun) {
    const selected = await selectRepositories(repositories, deps, registryId)
    return selected.map((repository) => ({ repository, exists: true }))
  }
  const resolved = await resolveRepositories(repositories, deps, registryId)
  const isComplete = resolved.every(({ repository }) => repository !== undefined)
  const predict = isComplete ? () => undefined : await createPredictor(deps.api, registryId)
  return resolved.map(({ name, repository }) => ({
    repository: repository ?? predict(name) ?? { repositoryName: name },
    exists: repository !== undefined
  }))
}
