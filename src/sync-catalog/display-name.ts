import {
  GetRegistryCatalogDataCommand,
  PutRegistryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { Change } from '../runner/plan.js'
import { readBack } from './read-back.js'

/**
 * What it takes for the registry to have a display name.
 *
 * @param wanted empty to remove it
 * @param registry what people call the registry
 */
export async function planDisplayName(
  api: Deps['api'],
  wanted: string,
  registry: string
): Promise<Change> {
  const current = await getDisplayName(api)
  const target = `${registry}#displayName`
  const quoted = `it is "${current}"`
  if (current === wanted) {
    const reason = wanted === '' ? 'it is empty already' : 'it says so already'
    return { action: 'keep', kind: 'display-name', target, reason }
  }
  if (wanted === '') return { action: 'delete', kind: 'display-name', target, reason: quoted }
  return current === ''
    ? { action: 'create', kind: 'display-name', target, reason: 'it is empty' }
    : { action: 'update', kind: 'display-name', target, reason: quoted }
}

/** Sets the display name and reads it back. @throws ActionError where it reads back otherwise */
export async function setDisplayName(
  wanted: string,
  { api, sleep }: Pick<Deps, 'api' | 'sleep'>
): Promise<void> {
  await api.send(new PutRegistryCatalogDataCommand({ displayName: wanted }))
  const wrong = await readBack(sleep, async () => {
    const current = await getDisplayName(api)
    return current === wanted ? [] : [current]
  })
  const [current] = wrong
  if (current === undefined) return
  throw problem({
    what: 'The display name does not read back',
    value: current,
    expected: `"${wanted}" was sent`,
    fix: 'only accounts with the badge of a verified account can have one'
  })
}

async function getDisplayName(api: Deps['api']): Promise<string> {
  const { registryCatalogData } = await api.send(new GetRegistryCatalogDataCommand({}))
  return registryCatalogData?.displayName ?? ''
}
