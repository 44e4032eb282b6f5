import type { Deps } from '../deps.js'
import { problem } from '../errors.js'
import { sha256Digest } from '../image/digest.js'
import { MAX_MANIFEST_BYTES } from '../image/manifest.js'
import type { Descriptor } from '../image/manifest.js'
import { MEDIA_TYPES } from '../image/media-types.js'
import { createHttpClient } from '../network/http-client.js'
import type { HttpClient, HttpResponse } from '../network/http-client.js'
import { originOf } from '../network/loopback.js'
import { createAuthorizer } from './authorizer.js'
import type { Authorization } from './authorizer.js'
import { parseChallenge } from './challenge.js'
import { DamagedError, patientGet } from './patient-get.js'
import type { Patience } from './patient-get.js'
import { listReferrers } from './referrers.js'
import { createRateLimiter } from './rate-limiter.js'

/** A manifest as a registry serves it. */
export interface ServedManifest {
  /** The bytes themselves; they hash to `digest`. */
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

/**
 * The reading side of one registry host, over `/v2/`. Every method rejects with an error that says
 * what the registry answered; bodies are bounded in size, and what is asked for by digest is verified.
 */
export interface Registry {
  /** The registry host, `public.ecr.aws` or `127.0.0.1:5111`. */
  readonly host: string
  /**
   * The manifest or index that a tag or digest names, or `undefined` where the registry has none.
   * `repository` is the path below the host, `alias/name`.
   */
  findManifest(
    repository: string,
    reference: string,
    patience?: Patience
  ): Promise<ServedManifest | undefined>
  /** A small blob, such as an image config, verified against its digest; at most `maxBytes` long. */
  getBlob(
    repository: string,
    digest: string,
    maxBytes: number,
    patience?: Patience
  ): Promise<Buffer>
  /**
   * The descriptors of all manifests whose `subject` is this digest, or `undefined` where the registry has no
   * referrers API.
   */
  findReferrers(repository: string, digest: string): Promise<readonly Descriptor[] | undefined>
}

/** What a registry client needs of the step. */
export type RegistryDeps = Pick<
  Deps,
  'api' | 'env' | 'signal' | 'log' | 'mask' | 'now' | 'random' | 'sleep'
>

/** How hard a read is tried where the caller says nothing else. */
const DEFAULT_PATIENCE: Patience = { maxAttempts: 8, budgetMilliseconds: 60_000 }

/** https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html, with a little air. */
const ACCOUNT_READS_PER_SECOND = 9.5
const ANONYMOUS_READS_PER_SECOND = 0.95

/** Blobs lie on another host, to which the registry redirects once. */
const MAX_REDIRECTS = 5

/** Authorizations tried for one read: the account's own, over the token endpoint, anonymous, and one that expired. */
const MAX_AUTHORIZATIONS = 6

const MANIFEST_TYPES = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest
].join(', ')

/** Opens the `/v2/` side of a registry host; nothing is sent before the first read. */
export function createRegistry(host: string, deps: RegistryDeps): Registry {
  const get = createReader(host, deps)
  return {
    host,
    findManifest: async (repository, reference, patience) => {
      const isDigest = reference.includes(':')
      const response = await get({
        repository,
        path: `manifests/${reference}`,
        accept: MANIFEST_TYPES,
        maxBytes: MAX_MANIFEST_BYTES,
        digest: isDigest ? reference : undefined,
        patience
      })
      if (response.status === 404) return undefined
      if (response.status !== 200) throw refusal(response, `manifest ${repository}:${reference}`)
      return {
        bytes: response.body,
        digest: sha256Digest(response.body),
        mediaType: (response.headers['content-type'] ?? '').replace(/;.*$/s, '').trim()
      }
    },
    getBlob: async (repository, digest, maxBytes, patience) => {
      const path = `blobs/${digest}`
      const response = await get({ repository, path, accept: '*/*', maxBytes, digest, patience })
      if (response.status !== 200) throw refusal(response, `blob ${digest} of ${repository}`)
      return response.body
    },
    findReferrers: (repository, digest) =>
      listReferrers(repository, digest, async (path) => {
        const response = await get({
          repository,
          path,
          accept: MEDIA_TYPES.ociIndex,
          maxBytes: MAX_MANIFEST_BYTES,
          digest: undefined,
          patience: undefined
        })
        if (response.status === 200 || response.status === 404) return response
        throw refusal(response, `referrers of ${repository}@${digest}`)
      })
  }
}

interface Read {
  readonly repository: string
  readonly path: string
  readonly accept: string
  readonly maxBytes: number
  /** What the body must hash to. */
  readonly digest: string | undefined
  readonly patience: Patience | undefined
}

/** One read after the other kind of authorization, until the registry lets one in. */
function createReader(host: string, deps: RegistryDeps): (read: Read) => Promise<HttpResponse> {
  const origin = originOf(host)
  const client = createHttpClient(deps)
  const limiter = (perSecond: number): ReturnType<typeof createRateLimiter> =>
    createRateLimiter({
      perSecond,
      burst: Math.max(2, perSecond),
      now: deps.now,
      sleep: deps.sleep
    })
  const account = limiter(ACCOUNT_READS_PER_SECOND)
  const anonymous = limiter(ANONYMOUS_READS_PER_SECOND)
  const authorizer = createAuthorizer(origin, deps, (url, authorization) =>
    patientGet(client, { url, authorization, maxBytes: 65_536 }, deps, DEFAULT_PATIENCE)
  )

  const send = (read: Read, { header, isAnonymous }: Authorization): Promise<HttpResponse> => {
    const limited: HttpClient = {
      send: async (request) => {
        await (isAnonymous ? anonymous : account).take()
        return client.send(request)
      }
    }
    const request = {
      url: new URL(`${origin}/v2/${read.repository}/${read.path}`),
      headers: { accept: read.accept },
      authorization: header,
      maxBytes: read.maxBytes,
      maxRedirects: MAX_REDIRECTS
    }
    return patientGet(limited, request, deps, read.patience ?? DEFAULT_PATIENCE, (response) =>
      verify(response, read.digest)
    )
  }

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

function refusal(response: HttpResponse, what: string): Error {
  return problem({
    what: `${response.url.host} refused to give ${what}`,
    value: `${String(response.status)} ${registryErrorText(response.body)}`.trim(),
    wayOut: wayOutOf(response.status)
  })
}

function wayOutOf(status: number): string | undefined {
  if (status === 429) return 'try again later: the registry allows so many reads a second and month'
  if (status === 401 || status === 403) return 'check that the repository exists and can be pulled'
  return undefined
}

/** `CODE: message` of a registry's error body (OCI distribution specification, error codes). */
function registryErrorText(body: Buffer): string {
  try {
    const json = JSON.parse(body.toString('utf8')) as {
      errors?: { code?: unknown; message?: unknown }[]
    }
    const [first] = json.errors ?? []
    return first === undefined ? '' : `${String(first.code)}: ${String(first.message)}`
  } catch {
    return ''
  }
}
