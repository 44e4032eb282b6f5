import type { ValueOf } from '../model/types.js'
import type { CatalogData, Repository } from '../store/store.js'
import { repositoryArn } from './operation.js'
import type { OperationCall } from './operation.js'

/** Converts a repository to the shape of the API. */
export function describeRepository(
  { name, createdAt }: Pick<Repository, 'name' | 'createdAt'>,
  { context, host }: OperationCall
): ValueOf<'Repository'> {
  const { account, alias } = context.settings
  return {
    repositoryArn: repositoryArn(account, name),
    registryId: account,
    repositoryName: name,
    repositoryUri: `${host}/${alias}/${name}`,
    createdAt: new Date(createdAt)
  }
}

/** Converts catalog data to the shape of the API, with the URL of the logo instead of its bytes. */
export function describeCatalogData(
  { logo, ...texts }: CatalogData,
  { host }: OperationCall
): ValueOf<'RepositoryCatalogData'> {
  return logo === undefined ? texts : { ...texts, logoUrl: `http://${host}${logo.path}` }
}
