import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import { messageOf, problem } from '../runner/errors.js'
import type { HttpResponse } from '../http/http-client.js'
import type { Challenge } from './challenge.js'
import { tokenUrl } from './challenge.js'
import type { RegistryDeps } from './registry-deps.js'

/** What a request to the registry carries to be let in. */
export interface Authorization {
  /**
   * `account`: the API's authorization token as it is; `open`: nothing, to be told where tokens are
   * given; `token`: what the token endpoint gave.
   */
  readonly kind: 'account' | 'open' | 'token'
  readonly header?: string | undefined
  /** `true` where the registry knows no account behind it, and allows one read a second. */
  readonly isAnonymous: boolean
}

/** Gets and renews the authorization of one registry host. */
export interface Authorizer {
  /** The authorization to use now. */
  get(): Promise<Authorization>
  /** To be called with what a read was answered with: what has worked once is tried anew when it expires. */
  accepted(authorization: Authorization): void
  /**
   * To be called when the registry refused `authorization`.
   *
   * @returns whether there is another one to try
   */
  renew(
    authorization: Authorization,
    challenge: Challenge | undefined,
    repository: string
  ): Promise<boolean>
}

/** How the authorizer reaches the token endpoint: one GET, tried again where that may help. */
export type GetToken = (url: URL, authorization: string | undefined) => Promise<HttpResponse>

const OPEN: Authorization = { kind: 'open', isAnonymous: true }

/**
 * The authorization token of the API is a valid Bearer of public.ecr.aws
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html), which saves the way
 * over the token endpoint. Where it is refused, it is shown there as Basic; where the API gives none
 * (the role may not ask for it), or it is refused there too, the registry is read anonymously.
 */
export function createAuthorizer(
  origin: string,
  deps: RegistryDeps,
  getToken: GetToken
): Authorizer {
  return new AccountAuthorizer(origin, deps, getToken)
}

class AccountAuthorizer implements Authorizer {
  private current: Promise<Authorization> | undefined
  private credential: string | undefined
  private worked = new WeakSet<Authorization>()

  constructor(
    private readonly origin: string,
    private readonly deps: RegistryDeps,
    private readonly getToken: GetToken
  ) {}

  get(): Promise<Authorization> {
    return (this.current ??= this.begin())
  }

  accepted(authorization: Authorization): void {
    this.worked.add(authorization)
  }

  async renew(
    refused: Authorization,
    challenge: Challenge | undefined,
    repository: string
  ): Promise<boolean> {
    if (this.current === undefined || (await this.current) !== refused) return true
    const renewed = this.next(refused, challenge, repository)
    if (renewed === undefined) return false
    this.current = renewed
    try {
      await renewed
    } catch (error) {
      this.current = undefined
      throw error
    }
    return true
  }

  private async begin(): Promise<Authorization> {
    this.credential = await findAuthorizationToken(this.deps)
    if (this.credential === undefined) return OPEN
    return { kind: 'account', header: `Bearer ${this.credential}`, isAnonymous: false }
  }

  /** What to try after `refused`, or `undefined` where there is nothing left. */
  private next(
    refused: Authorization,
    challenge: Challenge | undefined,
    repository: string
  ): Promise<Authorization> | undefined {
    const hadWorked = this.worked.has(refused)
    this.worked = new WeakSet()
    if (hadWorked) return this.begin()
    if (refused.kind === 'account') return Promise.resolve({ ...OPEN })
    if (refused.kind === 'open' && challenge !== undefined) {
      return this.tokenFor(challenge, repository)
    }
    return undefined
  }

  private async tokenFor(challenge: Challenge, repository: string): Promise<Authorization> {
    const url = tokenUrl(this.origin, challenge, repository)
    if (url === undefined) {
      throw problem({
        what: `${this.origin} names no place that gives tokens`,
        value: challenge.realm,
        expected: 'https, or http on the loopback'
      })
    }
    if (this.credential !== undefined && url.origin === this.origin) {
      const response = await this.getToken(url, `Basic ${this.credential}`)
      const token = tokenOf(response, this.deps)
      if (token !== undefined) {
        return { kind: 'token', header: `Bearer ${token}`, isAnonymous: false }
      }
      this.deps.log.debug(`The token endpoint of ${this.origin} refused the account's credentials`)
    }
    this.credential = undefined
    const token = tokenOf(await this.getToken(url, undefined), this.deps)
    if (token === undefined) {
      throw problem({ what: `${url.origin} gave no token to read with`, fix: 'try again later' })
    }
    return { kind: 'token', header: `Bearer ${token}`, isAnonymous: true }
  }
}

async function findAuthorizationToken(deps: RegistryDeps): Promise<string | undefined> {
  try {
    const { authorizationData } = await deps.api.send(new GetAuthorizationTokenCommand({}))
    const token = authorizationData?.authorizationToken
    if (token === undefined || token === '') return undefined
    deps.mask(token)
    maskPassword(token, deps)
    return token
  } catch (error) {
    deps.signal.throwIfAborted()
    deps.log.debug(`The registry is read anonymously: ${messageOf(error)}`)
    return undefined
  }
}

/** The token is the base64 of `AWS:password`. */
function maskPassword(token: string, deps: RegistryDeps): void {
  const password = Buffer.from(token, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '')
  if (password !== '') deps.mask(password)
}

function tokenOf(response: HttpResponse, deps: RegistryDeps): string | undefined {
  if (response.status !== 200) return undefined
  let json: unknown
  try {
    json = JSON.parse(response.body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const { token, access_token: accessToken } = json as Record<string, unknown>
  const text = typeof token === 'string' ? token : accessToken
  if (typeof text !== 'string' || text === '') return undefined
  deps.mask(text)
  // What a header cannot carry is no token.
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined
}
