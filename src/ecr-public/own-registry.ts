import type { Deps, EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed, messageOf, problem } from '../runner/errors.js'
import { listRegistries } from './listings.js'

/** The change that requires the caller's own registry, for errors. */
export interface OwnChange {
  /** The first sentence of the error. */
  readonly what: string
  /** The input to remove if the registry is the one of another account. */
  readonly input: 'registry-id' | 'display-name'
}

/**
 * Checks that a registry is the caller's own one. Operations without a registry ID, such as CreateRepository, change the
 * caller's registry. If DescribeRegistries does not return it, because it is not allowed or the account does not have a
 * registry yet, STS has to confirm the account.
 *
 * @throws ActionError if the registry belongs to another account, or if its account cannot be confirmed
 */
export async function checkOwnRegistry(
  registryId: string,
  { what, input }: OwnChange,
  { api, callerAccount }: Pick<Deps, 'api' | 'callerAccount'>
): Promise<void> {
  const described = await listOwnIds(api)
  const own =
    described.length > 0 ? described : [await confirmAccount(registryId, input, callerAccount)]
  if (own.includes(registryId)) return
  throw problem({
    what,
    value: registryId,
    reason: `The credentials belong to account ${own.join(', ')}.`,
    fix: `Use credentials of the other account, or remove the input "${input}".`
  })
}

async function listOwnIds(api: EcrPublicApi): Promise<string[]> {
  const registries = await listRegistries(api).catch((error: unknown) => {
    if (isErrorNamed(error, 'AccessDeniedException')) return []
    throw error
  })
  return registries.flatMap(({ registryId }) => (registryId === undefined ? [] : [registryId]))
}

async function confirmAccount(
  registryId: string,
  input: OwnChange['input'],
  callerAccount: Deps['callerAccount']
): Promise<string> {
  try {
    return await callerAccount()
  } catch (error) {
    const cause = messageOf(error)
    throw problem(
      {
        what: 'Input "registry-id" cannot be compared with the account of the credentials',
        value: registryId,
        reason: `DescribeRegistries does not return the registry, and STS does not return the account. ${cause}${/[.!?]$/.test(cause) ? '' : '.'}`,
        fix: `Correct the connection to STS, or remove the input "${input}".`
      },
      error
    )
  }
}
