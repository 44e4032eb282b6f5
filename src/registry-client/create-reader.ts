import { sha256Digest } from '../oci/digest.js'
import { createHttpClient } from '../http/http-client.js'
import type { HttpClient, HttpResponse } from '../http/http-client.js'
import { originOf } from '../http/loopback.js'
import { createAuthorizer } from './authorizer.js'
import type { Authorization } from './authorizer.js'
import { parseChallenge } from './challenge.js'
import { DamagedError, patientGet } from './patient-get.js'
import { createRateLimiter } from './rate-limiter.js'
import type { RetryOptions } from '../runner/deps.js'
import type { RegistryDeps } from './registry-deps.js'

/** How hard a read is tried where the caller says nothing else. */
const DEFAULT_RETRY_OPTIONS: RetryOptions = { maxAttempts: 8, budgetMilliseconds: 60_000 }

/** https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html, with a little air. */
const ACCOUNT_READS_PER_SECOND = 9.5
const ANONYMOUS_READS_PER_SECOND = 0.95

/** Blobs lie on another host, to which the registry redirects once. */
const MAX_REDIRECTS = 5

/** Authorizations tried for one read: the account's own, over the token endpoint, anonymous, and one that expired. */
const MAX_AUTHORIZATIONS = 6

/** One GET below `/v2/`. */
export interface Read {
  readonly repository: string
  readonly path: string
  readonly accept: string
  readonly maxBytes: number
  /** What the body must hash to, where that is known. */
  readonly digest?: string | undefined
  readonly patience?: RetryOptions | undefined
}

/**
 * Reads from a registry host: one kind of authorization after the other, until the registry lets one in,
 * within the rates that it allows.
 *
 * @returns a function that resolves to the answer whatever its status, and rejects where there is none
 */
export function createReader(
  host: string,
  deps: RegistryDeps
): (read: Read) => Promise<HttpResponse> {
  const origin = originOf(host)
  const client = createHttpClient(deps)
  const authorizer = createAuthorizer(origin, deps, (url, authorization) =>
    patientGet(client, { url, authorization, maxBytes: 65_536 }, deps, DEFAULT_RETRY_OPTIONS)
  )
  const send = createSender(origin, client, deps)
  return async (read) => {
    for (let tried = 1; ; tried++) {
      const authorization = await authorizer.get()
      const response = await send(read, authorization)
      if (!isRefused(response, origin)) {
        authorizer.accepted(authorization)
        return response
      }
      const challenge = parseChallenge(response.headers['www-authenticate'])
      if (tried === MAX_AUTHORIZATIONS) return response
      if (!(await authorizer.renew(authorization, challenge, read.repository))) return response
    }
  }
}

/** Sends reads with one authorization each, no faster than the registry allows for its kind. */
function createSender(
  origin: string,
  client: HttpClient,
  deps: RegistryDeps
): (read: Read, authorization: Authorization) => Promise<HttpResponse> {
  const limited = (perSecond: number): HttpClient => {
    const { now, sleep } = deps
    const limiter = createRateLimiter({ perSecond, burst: Math.max(2, perSecond), now, sleep })
    return {
      send: async (request) => {
        await limiter.take()
        return client.send(request)
      }
    }
  }
  const account = limited(ACCOUNT_READS_PER_SECOND)
  const anonymous = limited(ANONYMOUS_READS_PER_SECOND)
  return (read, { header, isAnonymous }) => {
    const request = {
      url: new URL(`${origin}/v2/${read.repository}/${read.path}`),
      headers: { accept: read.accept },
      authorization: header,
      maxBytes: read.maxBytes,
      maxRedirects: MAX_REDIRECTS
    }
    const patience = read.patience ?? DEFAULT_RETRY_OPTIONS
    return patientGet(isAnonymous ? anonymous : account, request, deps, patience, (response) =>
      verify(response, read.digest)
    )
  }
}

/** public.ecr.aws answers 400, not 401, to a token that is wrong or has expired (aws/containers-roadmap#2835). */
function isRefused(response: HttpResponse, origin: string): boolean {
  if (response.url.origin !== origin) return false
  if (response.status === 401 || response.status === 403) return true
  return response.status === 400 && response.body.includes('DENIED')
}

function verify(response: HttpResponse, digest: string | undefined): void {
  if (digest === undefined || sha256Digest(response.body) === digest) return
  throw new DamagedError(
    `${response.url.host} served other bytes than asked for: they do not hash to ${digest}`
  )
}
