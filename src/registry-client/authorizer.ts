import { problem } from '../runner/errors.js'
import type { HttpResponse } from '../http/http-client.js'
import type { Challenge } from './challenge.js'
import { findTokenUrl } from './challenge.js'
import type { Deps } from '../runner/deps.js'

/** How a request to the registry is authorized. */
export interface Authorization {
  /**
   * `account`: the authorization token of the API; `open`: no header, so that the response names the token endpoint;
   * `token`: a token of the token endpoint.
   */
  readonly kind: 'account' | 'open' | 'token'
  readonly header?: string | undefined
  /** `true` if no account is used, for which the registry has a lower quota. */
  readonly isAnonymous: boolean
}

/** Provides and renews the authorization of one registry host. */
export interface Authorizer {
  /** Returns the current authorization. */
  get(): Promise<Authorization>
  /** Records that the registry accepted `authorization`. If it is refused later, it is renewed because it has expired. */
  accepted(authorization: Authorization): void
  /**
   * Replaces an authorization that the registry refused.
   *
   * @returns `true` if there is another one to try
   */
  renew(
    authorization: Authorization,
    challenge: Challenge | undefined,
    repository: string
  ): Promise<boolean>
}

/** Sends a GET request to the token endpoint, with retries. */
export type GetToken = (url: URL, authorization: string | undefined) => Promise<HttpResponse>

const OPEN: Authorization = { kind: 'open', isAnonymous: true }

/** The part of `Deps` that an authorizer uses. */
type AuthorizerDeps = Pick<Deps, 'accountToken' | 'log' | 'mask'>

/**
 * Creates the authorizer of a registry. public.ecr.aws accepts the authorization token of the API as a Bearer token
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html). If the registry refuses it, the
 * token endpoint is used with the same token, and finally without one.
 */
export function createAuthorizer(
  origin: string,
  deps: AuthorizerDeps,
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
    private readonly deps: AuthorizerDeps,
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

  /** @param refused the token to replace, if there is one */
  private async begin(refused?: string): Promise<Authorization> {
    this.credential = await this.deps.accountToken(refused)
    if (this.credential === undefined) return OPEN
    return { kind: 'account', header: `Bearer ${this.credential}`, isAnonymous: false }
  }

  /** Returns the authorization to try after `refused`, or `undefined` if there is none. */
  private next(
    refused: Authorization,
    challenge: Challenge | undefined,
    repository: string
  ): Promise<Authorization> | undefined {
    const hadWorked = this.worked.has(refused)
    this.worked = new WeakSet()
    if (hadWorked) return this.begin(this.credential)
    if (refused.kind === 'account') return Promise.resolve({ ...OPEN })
    if (refused.kind === 'open' && challenge !== undefined) {
      return this.tokenFor(challenge, repository)
    }
    return undefined
  }

  private async tokenFor(challenge: Challenge, repository: string): Promise<Authorization> {
    const url = findTokenUrl(this.origin, challenge, repository)
    if (url === undefined) {
      throw problem({
        what: `The token endpoint of ${this.origin} is not a valid URL`,
        value: challenge.realm,
        expected:
          'The URL must use https, or http on the loopback, and must not contain credentials.'
      })
    }
    if (this.credential !== undefined && url.origin === this.origin) {
      const response = await this.getToken(url, `Basic ${this.credential}`)
      const token = tokenOf(response, this.deps)
      if (token !== undefined) {
        return { kind: 'token', header: `Bearer ${token}`, isAnonymous: false }
      }
      this.deps.log.debug(`The token endpoint of ${this.origin} refused the authorization token`)
    }
    this.credential = undefined
    const token = tokenOf(await this.getToken(url, undefined), this.deps)
    if (token === undefined) {
      throw problem({
        what: `${url.origin} did not return a token`,
        fix: 'Try again later.'
      })
    }
    return { kind: 'token', header: `Bearer ${token}`, isAnonymous: true }
  }
}

function tokenOf(response: HttpResponse, deps: AuthorizerDeps): string | undefined {
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
  // Other characters cannot be sent in a header.
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined
}
