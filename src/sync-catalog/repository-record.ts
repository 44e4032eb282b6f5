import {
  GetRepositoryCatalogDataCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import { compareRecord, mergeRecord } from './compare-record.js'
import type { CatalogRecord, WantedRecord } from './compare-record.js'
import type { Deps } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { fetchLogo } from './fetch-logo.js'
import { readBack } from './read-back.js'

type RecordDeps = Pick<Deps, 'api' | 'env' | 'log' | 'signal' | 'sleep'>

/** What the gallery says of a repository; empty where it says nothing yet. */
export async function getRecord(
  api: Deps['api'],
  address: RepositoryAddress
): Promise<CatalogRecord> {
  try {
    const { catalogData } = await api.send(new GetRepositoryCatalogDataCommand({ ...address }))
    return catalogData ?? {}
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryCatalogDataNotFoundException') return {}
    throw error
  }
}

/**
 * Writes what is wanted of a repository and reads it back.
 *
 * The service does not say whether what it is sent is merged into the record or replaces it. So the record is
 * read once more and sent as a whole, with the logo too: where none is given, the one that is served.
 *
 * @throws ActionError where the record reads back otherwise
 */
export async function writeRecord(
  address: RepositoryAddress,
  wanted: WantedRecord,
  logo: Uint8Array | undefined,
  deps: RecordDeps
): Promise<void> {
  const { api } = deps
  const current = await getRecord(api, address)
  const { architectures, operatingSystems, ...texts } = mergeRecord(current, wanted)
  const { bytes: logoImageBlob, mustStay } =
    logo === undefined
      ? await findCurrentLogo(address, current, deps)
      : { bytes: logo, mustStay: true }
  await api.send(
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
  const wrong = await readBack(deps.sleep, async () => {
    const written = await getRecord(api, address)
    const fields = compareRecord(written, wanted)
      .filter(({ action }) => action !== 'keep')
      .map(({ field }): string => field)
    return mustStay && written.logoUrl === undefined ? [...fields, 'logoImageBlob'] : fields
  })
  if (wrong.length > 0) throw readsBackOtherwise(address, wrong)
}

function readsBackOtherwise(address: RepositoryAddress, wrong: readonly string[]): ActionError {
  return problem({
    what: `What was written to ${address.repositoryName} does not read back`,
    value: wrong.join(', '),
    expected: 'the gallery shows another text, list or logo than was sent',
    fix: wrong.includes('logoImageBlob')
      ? 'give "logo" too, or look at the page in the gallery'
      : 'run the step again, and look whether somebody else writes the same fields'
  })
}

/** The logo that is there, to be sent along, and whether the record must still have one afterwards. */
async function findCurrentLogo(
  { repositoryName }: RepositoryAddress,
  { logoUrl }: CatalogRecord,
  deps: RecordDeps
): Promise<{ readonly bytes?: Uint8Array; readonly mustStay: boolean }> {
  if (logoUrl === undefined) return { mustStay: false }
  const served = await fetchLogo(logoUrl, deps)
  if (served.kind === 'image') return { bytes: served.bytes, mustStay: true }
  if (served.kind === 'nothing') return { mustStay: false }
  deps.log.notice(
    `The logo of ${repositoryName} could not be read (${served.reason}), so the record is written without it; that it stays is checked`
  )
  return { mustStay: true }
}
