import {
  GetRegistryCatalogDataCommand,
  PutRegistryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { Change } from '../runner/plan.js'
import { readBack } from './read-back.js'

/**
 * Plans the change of the registry's display name.
 *
 * @param requested empty to remove the display name
 * @param registry the registry as shown in the plan, `public.ecr.aws/alias`
 */
export async function planDisplayName(
  api: Deps['api'],
  requested: string,
  registry: string
): Promise<Change> {
  const current = await getDisplayName(api)
  const row = (action: Change['action'], reason: string): Change => ({
    action,
    kind: 'display-name',
    target: `${registry}#displayName`,
    reason
  })
  if (current === requested) return row('keep', current === '' ? 'already empty' : 'already set')
  if (current === '') return row('create', 'currently empty')
  return row(requested === '' ? 'delete' : 'update', `currently "${current}"`)
}

/** Sets the display name and reads it back. @throws ActionError if the registry returns another one */
export async function setDisplayName(
  requested: string,
  { api, sleep }: Pick<Deps, 'api' | 'sleep'>
): Promise<void> {
  await api.send(new PutRegistryCatalogDataCommand({ displayName: requested }))
  const [current] = await readBack(sleep, async () => {
    const displayName = await getDisplayName(api)
    return displayName === requested ? [] : [displayName]
  })
  if (current === undefined) return
  throw problem({
    what: 'The display name was not saved',
    value: requested,
    reason: `The registry returns "${current}". Only verified accounts can have a display name.`
  })
}

async function getDisplayName(api: Deps['api']): Promise<string> {
  const { registryCatalogData } = await api.send(new GetRegistryCatalogDataCommand({}))
  return registryCatalogData?.displayName ?? ''
}
