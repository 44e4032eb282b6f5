import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'

/** The part of `Deps` that requests a token. */
type TokenDeps = Pick<Deps, 'api' | 'signal' | 'log' | 'mask'>

/**
 * Creates the function that requests the authorization token of the API, once for all registries of a run and again if
 * a registry refuses the token.
 */
export function createAccountToken(deps: TokenDeps): Deps['accountToken'] {
  let current: Promise<string | undefined> | undefined
  return async (refused) => {
    const isRefused = refused !== undefined && (await current) === refused
    if (current === undefined || isRefused) current = requestToken(deps)
    return current
  }
}

async function requestToken(deps: TokenDeps): Promise<string | undefined> {
  try {
    const { authorizationData } = await deps.api.send(new GetAuthorizationTokenCommand({}))
    const token = authorizationData?.authorizationToken
    if (token === undefined || token === '') return undefined
    deps.mask(token)
    maskPassword(token, deps)
    return token
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.debug(`Reading the registry anonymously: ${messageOf(error)}`)
    return undefined
  }
}

/** Masks the password inside the token, which is `AWS:<password>` in base64. */
function maskPassword(token: string, deps: TokenDeps): void {
  const password = Buffer.from(token, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '')
  if (password !== '') deps.mask(password)
}
