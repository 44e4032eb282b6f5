import { problem } from '../runner/errors.js'
import { sha256Digest } from '../oci/digest.js'
import { MAX_MANIFEST_BYTES } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import type { HttpResponse } from '../http/http-client.js'
import { createReader } from './create-reader.js'
import { listReferrers } from './referrers.js'
import type { RetryOptions, Registry, ServedManifest } from '../runner/deps.js'
import type { RegistryDeps } from './registry-deps.js'

const MANIFEST_TYPES = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest
].join(', ')

type Get = ReturnType<typeof createReader>

/** Opens the `/v2/` side of a registry host; nothing is sent before the first read. */
export function createRegistry(host: string, deps: RegistryDeps): Registry {
  const get = createReader(host, deps)
  return {
    host,
    findManifest: (repository, reference, patience) =>
      findManifest(get, repository, reference, patience),
    getBlob: async (repository, digest, maxBytes, patience) => {
      const path = `blobs/${digest}`
      const response = await get({ repository, path, accept: '*/*', maxBytes, digest, patience })
      if (response.status !== 200) throw refusal(response, `blob ${digest} of ${repository}`)
      return response.body
    },
    findReferrers: (repository, digest) =>
      listReferrers(repository, digest, (path) =>
        getReferrersPage(get, repository, path, `referrers of ${repository}@${digest}`)
      )
  }
}

async function findManifest(
  get: Get,
  repository: string,
  reference: string,
  patience: RetryOptions | undefined
): Promise<ServedManifest | undefined> {
  const response = await get({
    repository,
    path: `manifests/${reference}`,
    accept: MANIFEST_TYPES,
    maxBytes: MAX_MANIFEST_BYTES,
    digest: reference.includes(':') ? reference : undefined,
    patience
  })
  if (response.status === 404) return undefined
  if (response.status !== 200) throw refusal(response, `manifest ${repository}:${reference}`)
  return {
    bytes: response.body,
    digest: sha256Digest(response.body),
    mediaType: (response.headers['content-type'] ?? '').replace(/;.*$/s, '').trim()
  }
}

async function getReferrersPage(
  get: Get,
  repository: string,
  path: string,
  what: string
): Promise<HttpResponse> {
  const response = await get({
    repository,
    path,
    accept: MEDIA_TYPES.ociIndex,
    maxBytes: MAX_MANIFEST_BYTES
  })
  if (response.status === 200 || response.status === 404) return response
  throw refusal(response, what)
}

function refusal(response: HttpResponse, what: string): Error {
  return problem({
    what: `${response.url.host} refused to give ${what}`,
    value: `${String(response.status)} ${registryErrorText(response.body)}`.trim(),
    fix: wayOutOf(response.status)
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
