import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'

/** The part of `Deps` that requests a token. */
type TokenDeps = Pick<Deps, 'api' | 'signal' | 'log' | 'mask' | 'now'>

interface AccountToken {
  readonly token: string | undefined
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

const NO_TOKEN: AccountToken = { token: undefined, expiresAt: Infinity }

/**
 * Creates the function that requests the authorization token of the API, once for all registries of a run and again if
 * it has expired or a registry refuses it.
 */
export function createAccountToken(deps: TokenDeps): Deps['accountToken'] {
  let current: Promise<AccountToken> | undefined
  return async (refused) => {
    const known = (current ??= requestToken(deps))
    const { token, expiresAt } = await known
    const isRefused = refused !== undefined && token === refused
    if (!isRefused && deps.now().getTime() < expiresAt) return token
    if (current === known) current = requestToken(deps)
    return (await current).token
  }
}

async function requestToken(deps: TokenDeps): Promise<AccountToken> {
  try {
    const { authorizationData } = await deps.api.send(new GetAuthorizationTokenCommand({}))
    const { authorizationToken: token, expiresAt } = authorizationData ?? {}
    if (token === undefined || token === '') return NO_TOKEN
    deps.mask(token)
    maskPassword(token, deps)
    return { token, expiresAt: expiresAt?.getTime() ?? Infinity }
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.debug(`Reading the registry anonymously: ${messageOf(error)}`)
    return NO_TOKEN
  }
}

/** Masks the password inside the token, which is `AWS:<password>` in base64. */
function maskPassword(token: string, deps: TokenDeps): void {
  const password = Buffer.from(token, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '')
  if (password !== '') deps.mask(password)
}
