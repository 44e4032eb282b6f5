import { invalidParameter } from '../api-error.js'

/** A reference of a manifest to content. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** In bytes. */
  readonly size: number
  /** `true` for layers that may live elsewhere, which the registry need not hold. */
  readonly isForeign: boolean
}

/** What the registry reads of a manifest. */
export interface ParsedManifest {
  readonly mediaType: string
  readonly config: Descriptor | undefined
  readonly layers: readonly Descriptor[]
  readonly children: readonly Descriptor[]
  readonly subject: Descriptor | undefined
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
]
const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json'
]
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** `true` for an OCI index and for Docker's manifest list. */
export function isIndex(mediaType: string): boolean {
  return INDEX_TYPES.includes(mediaType)
}

/**
 * Reads a manifest or index.
 *
 * @param given the media type that came with it, for manifests that name none
 * @throws ApiError (InvalidParameterException) where it is none
 */
export function parseManifest(text: string, given: string | undefined): ParsedManifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw invalidManifest()
  }
  if (!isObject(json)) throw invalidManifest()
  const mediaType = stringOf(json.mediaType) ?? given
  if (mediaType === undefined || json.schemaVersion !== 2) throw invalidManifest()
  if (given !== undefined && given !== mediaType) {
    throw invalidParameter('imageManifestMediaType', `Media type of the manifest is '${mediaType}'`)
  }
  const shared = {
    mediaType,
    subject: isObject(json.subject) ? parseDescriptor(json.subject) : undefined,
    artifactType: stringOf(json.artifactType),
    annotations: isObject(json.annotations) ? textsOf(json.annotations) : undefined
  }
  if (isIndex(mediaType)) {
    return { ...shared, config: undefined, layers: [], children: descriptorsOf(json.manifests) }
  }
  if (!MANIFEST_TYPES.includes(mediaType)) throw invalidManifest()
  return {
    ...shared,
    config: parseDescriptor(json.config),
    layers: descriptorsOf(json.layers),
    children: []
  }
}

function descriptorsOf(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) throw invalidManifest()
  return value.map(parseDescriptor)
}

function parseDescriptor(value: unknown): Descriptor {
  if (!isObject(value)) throw invalidManifest()
  const { mediaType, digest, size, urls } = value
  const isRight =
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    DIGEST.test(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0
  if (!isRight) throw invalidManifest()
  const isForeign =
    /\.(foreign|nondistributable)\./.test(mediaType) || (Array.isArray(urls) && urls.length > 0)
  return { mediaType, digest, size, isForeign }
}

/** "Invalid JSON syntax" is what the service says of JSON that is no manifest, too. */
function invalidManifest(): Error {
  return invalidParameter('ImageManifest', 'Invalid JSON syntax')
}

function textsOf(value: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string'
  )
  return Object.fromEntries(texts)
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
