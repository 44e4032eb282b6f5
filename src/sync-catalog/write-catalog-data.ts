import { PutRepositoryCatalogDataCommand } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import type { Annotation } from './annotation.js'
import { CATALOG_FIELDS, getCatalogData } from './get-catalog-data.js'
import type { CurrentCatalogData, RequestedCatalogData } from './get-catalog-data.js'
import { compareCatalogData } from './compare-catalog-data.js'
import { fetchLogo } from './fetch-logo.js'
import { readBack } from './read-back.js'

type WriteDeps = Pick<Deps, 'api' | 'env' | 'signal' | 'sleep'>

/**
 * Writes the requested catalog data of a repository and compares the result with it. AWS does not document whether a write merges
 * into the catalog data or replaces it, so all fields are sent, including the current logo.
 *
 * @param annotations receives the notices about the write
 * @throws ActionError if the service returns other values than were sent
 */
export async function writeCatalogData(
  address: RepositoryAddress,
  requested: RequestedCatalogData,
  logo: Uint8Array | undefined,
  deps: WriteDeps,
  annotations: Annotation[]
): Promise<void> {
  const { api } = deps
  const current = await getCatalogData(api, address)
  const { architectures, operatingSystems, ...texts } = mergeCatalogData(current, requested)
  const { bytes: logoImageBlob, isLogoExpected } =
    logo === undefined
      ? await fetchCurrentLogo(address, current, deps, annotations)
      : { bytes: logo, isLogoExpected: true }
  const response = await api.send(
    new PutRepositoryCatalogDataCommand({
      ...address,
      catalogData: {
        ...texts,
        ...(architectures === undefined ? {} : { architectures: [...architectures] }),
        ...(operatingSystems === undefined ? {} : { operatingSystems: [...operatingSystems] }),
        ...(logoImageBlob === undefined ? {} : { logoImageBlob })
      }
    })
  )
  // The response contains the catalog data after the write. It is read again only if a value is not as sent.
  let inResponse: CurrentCatalogData | undefined = response.catalogData
  const wrong = await readBack(deps.sleep, async () => {
    const written = inResponse ?? (await getCatalogData(api, address))
    inResponse = undefined
    const fields = compareCatalogData(written, requested)
      .filter(({ action }) => action !== 'keep')
      .map(({ field }): string => field)
    return isLogoExpected && written.logoUrl === undefined ? [...fields, 'logoImageBlob'] : fields
  })
  if (wrong.length > 0) throw notSaved(address, wrong)
}

/** Returns all fields to send: the requested value of each field, or else the current one. */
export function mergeCatalogData(
  current: CurrentCatalogData,
  requested: RequestedCatalogData
): RequestedCatalogData {
  const merged: Record<string, string | readonly string[]> = {}
  for (const field of CATALOG_FIELDS) {
    const value = requested[field] ?? current[field]
    if (value !== undefined) merged[field] = value
  }
  return merged
}

function notSaved({ repositoryName }: RepositoryAddress, wrong: readonly string[]): ActionError {
  return problem({
    what: `Some fields of ${repositoryName} were not saved as sent`,
    value: wrong.join(', '),
    reason: 'The service returns other values.',
    fix: wrong.includes('logoImageBlob')
      ? 'Set "logo" too, or check the repository page in the gallery.'
      : 'Run the step again, and check whether another job writes the same fields.'
  })
}

/** Returns the current logo, to be sent again, and whether the repository must have a logo after the write. */
async function fetchCurrentLogo(
  { repositoryName }: RepositoryAddress,
  { logoUrl }: CurrentCatalogData,
  deps: WriteDeps,
  annotations: Annotation[]
): Promise<{ readonly bytes?: Uint8Array; readonly isLogoExpected: boolean }> {
  if (logoUrl === undefined) return { isLogoExpected: false }
  const served = await fetchLogo(logoUrl, deps)
  if (served.kind === 'image') return { bytes: served.bytes, isLogoExpected: true }
  if (served.kind === 'missing') return { isLogoExpected: false }
  const outcome =
    'The other fields are written without it, and the action checks that the repository still has a logo.'
  annotations.push({
    level: 'notice',
    text: `The logo of ${repositoryName} could not be read (${served.reason}). ${outcome}`,
    kind: `A logo could not be read. ${outcome}`
  })
  return { isLogoExpected: true }
}
