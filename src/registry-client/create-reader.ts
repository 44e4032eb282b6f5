import { sha256Digest } from '../oci/digest.js'
import { createHttpClient } from '../http/http-client.js'
import type { HttpClient, HttpRequest, HttpResponse, HttpStream } from '../http/http-client.js'
import { originOf } from '../http/loopback.js'
import { createRateLimiter } from '../http/rate-limiter.js'
import type { RateLimit } from '../http/rate-limiter.js'
import type { SenderOptions } from '../http/request-sender.js'
import { createAuthorizer } from './authorizer.js'
import type { Authorization, Authorizer } from './authorizer.js'
import { parseChallenge } from './challenge.js'
import { DigestMismatchError, getWithRetries } from './get-with-retries.js'
import type { Deps, RetryOptions } from '../runner/deps.js'

/** The part of `Deps` that a registry client uses. */
export type RegistryDeps = Pick<
  Deps,
  'accountToken' | 'env' | 'signal' | 'log' | 'mask' | 'now' | 'random' | 'sleep'
>

/** The options of a registry client. */
export interface RegistryOptions extends Omit<SenderOptions, 'scope'> {
  /** Whether reads are delayed to keep within the quotas of the service. Defaults to `true`. */
  readonly limitsRates?: boolean
}

const DEFAULT_RETRY_OPTIONS: RetryOptions = { maxAttempts: 8, budgetMilliseconds: 60_000 }

/**
 * The quotas are 10 reads per second for an account and 1 read per second without one
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html). The limits are a little lower to
 * allow for clock differences.
 */
const ACCOUNT_RATE: RateLimit = { calls: 9, intervalMilliseconds: 1000 }
const ANONYMOUS_RATE: RateLimit = { calls: 2, intervalMilliseconds: 2100 }

const MAX_REDIRECTS = 5

const MAX_TOKEN_RESPONSE_BYTES = 65_536

/** The maximum number of authorizations per read: Bearer, token endpoint, anonymous, and those that expire meanwhile. */
const MAX_AUTHORIZATIONS = 6

/** A GET request below `/v2/<repository>/`. */
export interface ReadRequest {
  readonly repository: string
  readonly path: string
  readonly accept: string
  /** The first byte to read. Defaults to 0. */
  readonly firstByte?: number | undefined
  readonly maxBytes: number
  /** The digest that the body must have, if it is known. */
  readonly digest?: string | undefined
  readonly retryOptions?: RetryOptions | undefined
}

/** Reads from a registry host. Resolves to a response with any status, and rejects without a response. */
export interface Reader {
  readonly get: (read: ReadRequest) => Promise<HttpResponse>
  /** Returns a successful response before its body arrives. Its digest is not checked. */
  readonly open: (read: ReadRequest) => Promise<HttpStream>
}

type SendRead<Response> = (read: ReadRequest, authorization: Authorization) => Promise<Response>

/**
 * Creates the reader of a registry host. It tries the available authorizations in turn until the registry accepts one,
 * and keeps within the quotas of the service.
 */
export function createReader(
  host: string,
  deps: RegistryDeps,
  options: RegistryOptions = {}
): Reader {
  const origin = originOf(host)
  const client = createHttpClient(deps, { ...options, scope: 'registry' })
  const authorizer = createAuthorizer(origin, deps, (url, authorization) =>
    getWithRetries(
      (request) => client.send(request),
      { url, authorization, maxBytes: MAX_TOKEN_RESPONSE_BYTES },
      deps,
      DEFAULT_RETRY_OPTIONS
    )
  )
  const clientFor = limitClients(client, deps, options)
  const get: SendRead<HttpResponse> = (read, authorization) =>
    getWithRetries(
      (request) => clientFor(authorization).send(request),
      requestOf(read, authorization, origin),
      deps,
      read.retryOptions ?? DEFAULT_RETRY_OPTIONS,
      (response) => checkDigest(response, read.digest)
    )
  const open: SendRead<HttpStream> = (read, authorization) =>
    getWithRetries(
      (request) => clientFor(authorization).open(request),
      requestOf(read, authorization, origin),
      deps,
      read.retryOptions ?? DEFAULT_RETRY_OPTIONS
    )
  return {
    get: (read) => readAuthorized(read, get, origin, authorizer),
    open: (read) => readAuthorized(read, open, origin, authorizer)
  }
}

/** Sends a read with the current authorization, and with others while the registry refuses it. */
async function readAuthorized<Response extends HttpResponse>(
  read: ReadRequest,
  send: SendRead<Response>,
  origin: string,
  authorizer: Authorizer
): Promise<Response> {
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

/** Returns the client to use for an authorization, which keeps within the quota of the account or of its absence. */
function limitClients(
  client: HttpClient,
  deps: RegistryDeps,
  { limitsRates = true }: RegistryOptions
): (authorization: Authorization) => HttpClient {
  const limited = (rate: RateLimit): HttpClient => {
    if (!limitsRates) return client
    const wait = createRateLimiter(rate, deps.signal)
    return {
      send: (request) => wait().then(() => client.send(request)),
      open: (request) => wait().then(() => client.open(request))
    }
  }
  const account = limited(ACCOUNT_RATE)
  const anonymous = limited(ANONYMOUS_RATE)
  return ({ isAnonymous }) => (isAnonymous ? anonymous : account)
}

function requestOf(read: ReadRequest, { header }: Authorization, origin: string): HttpRequest {
  const { repository, path, accept, firstByte = 0, maxBytes } = read
  return {
    url: new URL(`${origin}/v2/${repository}/${path}`),
    headers: { accept, ...(firstByte === 0 ? {} : { range: `bytes=${String(firstByte)}-` }) },
    authorization: header,
    maxBytes,
    maxRedirects: MAX_REDIRECTS
  }
}

/** public.ecr.aws responds with 400, not 401, to an invalid or expired token (aws/containers-roadmap#2835). */
function isRefused(response: HttpResponse, origin: string): boolean {
  if (response.url.origin !== origin) return false
  if (response.status === 401 || response.status === 403) return true
  return response.status === 400 && response.body.includes('DENIED')
}

function checkDigest(response: HttpResponse, digest: string | undefined): void {
  if (digest === undefined || sha256Digest(response.body) === digest) return
  throw new DigestMismatchError(
    `The response of ${response.url.host} does not have the requested digest: "${digest}".`
  )
}
