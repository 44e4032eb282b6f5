import type { ValueOf } from '../model/types.js'
import type { CatalogData, Repository } from '../store.js'
import type { OperationCall } from './operation.js'

/** The ARN of a repository; it has no region. */
export function repositoryArn(account: string, name: string): string {
  return `arn:aws:ecr-public::${account}:repository/${name}`
}

/** A repository as the API describes it. */
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

/** Catalog data as the API gives it back: of the logo only the address. */
export function describeCatalogData(
  { logo, ...texts }: CatalogData,
  { host }: OperationCall
): ValueOf<'RepositoryCatalogData'> {
  return logo === undefined ? texts : { ...texts, logoUrl: `http://${host}${logo.path}` }
}
