import { GetRepositoryCatalogDataCommand } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Deps } from '../runner/deps.js'

/** The text and badge fields of a repository's catalog data, in the order in which they are shown. */
export const CATALOG_FIELDS = [
  'description',
  'aboutText',
  'usageText',
  'architectures',
  'operatingSystems'
] as const

export type CatalogField = (typeof CATALOG_FIELDS)[number]

interface CatalogFields {
  readonly description?: string | undefined
  readonly aboutText?: string | undefined
  readonly usageText?: string | undefined
  readonly architectures?: readonly string[] | undefined
  readonly operatingSystems?: readonly string[] | undefined
}

/** The requested fields. `undefined` keeps the current value, an empty value clears the field. */
export type RequestedCatalogData = CatalogFields

/** The catalog data of a repository as the API returns it. */
export interface CurrentCatalogData extends CatalogFields {
  readonly logoUrl?: string | undefined
}

/** Returns the catalog data of a repository. It is empty if the repository does not have any yet. */
export async function getCatalogData(
  api: Deps['api'],
  address: RepositoryAddress
): Promise<CurrentCatalogData> {
  try {
    const { catalogData } = await api.send(new GetRepositoryCatalogDataCommand({ ...address }))
    return catalogData ?? {}
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryCatalogDataNotFoundException') return {}
    throw error
  }
}
