import { problem } from '../runner/errors.js'
import { sha256Digest } from '../oci/digest.js'
import { MAX_MANIFEST_BYTES } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import type { HttpResponse, HttpStream } from '../http/http-client.js'
import { createReader } from './create-reader.js'
import type { Reader, RegistryDeps, RegistryOptions } from './create-reader.js'
import { listReferrers } from './list-referrers.js'
import { streamBlob } from './stream-blob.js'
import type { Registry, RetryOptions, ServedManifest } from '../runner/deps.js'

const MANIFEST_TYPES = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest
].join(', ')

type Get = Reader['get']

/** The maximum size of an error response to a blob read, in bytes. */
const MAX_ERROR_BYTES = 65_536

/** Creates the client of a registry host. It sends nothing before the first read. */
export function createRegistry(
  host: string,
  deps: RegistryDeps,
  options: RegistryOptions = {}
): Registry {
  const { get, open } = createReader(host, deps, options)
  return {
    host,
    findManifest: (repository, reference, retryOptions) =>
      findManifest(get, repository, reference, retryOptions),
    getBlob: async (repository, digest, maxBytes, retryOptions) => {
      const path = `blobs/${digest}`
      const response = await get({
        repository,
        path,
        accept: '*/*',
        maxBytes,
        digest,
        retryOptions
      })
      if (response.status !== 200) throw refusal(response, `blob ${digest} of ${repository}`)
      return response.body
    },
    streamBlob: (repository, blob) =>
      streamBlob(blob, (firstByte) => openBlob(open, repository, blob.digest, firstByte), deps),
    findReferrers: (repository, digest) =>
      listReferrers(repository, digest, (path) =>
        getReferrersPage(get, repository, path, `referrers of ${repository}@${digest}`)
      )
  }
}

async function openBlob(
  open: Reader['open'],
  repository: string,
  digest: string,
  firstByte: number
): Promise<HttpStream> {
  const path = `blobs/${digest}`
  const maxBytes = MAX_ERROR_BYTES
  const response = await open({ repository, path, accept: '*/*', firstByte, maxBytes })
  if (response.status === 200 || response.status === 206) return response
  throw refusal(response, `blob ${digest} of ${repository}`)
}

async function findManifest(
  get: Get,
  repository: string,
  reference: string,
  retryOptions: RetryOptions | undefined
): Promise<ServedManifest | undefined> {
  const response = await get({
    repository,
    path: `manifests/${reference}`,
    accept: MANIFEST_TYPES,
    maxBytes: MAX_MANIFEST_BYTES,
    digest: reference.includes(':') ? reference : undefined,
    retryOptions
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
    what: `Cannot read the ${what} from ${response.url.host}`,
    value: `${String(response.status)} ${registryErrorText(response.body)}`.trim(),
    fix: fixOf(response.status)
  })
}

function fixOf(status: number): string | undefined {
  if (status === 429) {
    return 'Try again later. The registry limits the reads per second and the data transfer per month.'
  }
  if (status === 401 || status === 403) {
    return 'Check that the repository exists and that you can pull from it.'
  }
  return undefined
}

/** Returns `CODE: message` of the first error in a response (OCI distribution specification, "Error Codes"). */
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
