import { invalidParameter } from '../api-error.js'
import { isSha256Digest } from '../digest.js'
import { isObject } from '../is-object.js'
import { isImageManifest, isIndex } from './media-types.js'

/** A reference from a manifest to content. */
export interface ContentDescriptor {
  readonly mediaType: string
  readonly digest: string
  /** In bytes. */
  readonly size: number
  /** `true` for foreign layers, which the registry is not required to have. */
  readonly isForeign: boolean
}

/** The parts of a manifest that the registry uses. */
export interface ParsedManifest {
  readonly mediaType: string
  readonly config: ContentDescriptor | undefined
  readonly layers: readonly ContentDescriptor[]
  readonly children: readonly ContentDescriptor[]
  readonly subject: ContentDescriptor | undefined
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/**
 * Parses a manifest or index.
 *
 * @param given the media type of the request, for manifests without a media type
 * @throws ApiError (InvalidParameterException) if the manifest is not valid
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
  if (!isImageManifest(mediaType)) throw invalidManifest()
  return {
    ...shared,
    config: parseDescriptor(json.config),
    layers: descriptorsOf(json.layers),
    children: []
  }
}

function descriptorsOf(value: unknown): ContentDescriptor[] {
  if (!Array.isArray(value)) throw invalidManifest()
  return value.map(parseDescriptor)
}

function parseDescriptor(value: unknown): ContentDescriptor {
  if (!isObject(value)) throw invalidManifest()
  const { mediaType, digest, size, urls } = value
  const isValid =
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isSha256Digest(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0
  if (!isValid) throw invalidManifest()
  const isForeign =
    /\.(foreign|nondistributable)\./.test(mediaType) || (Array.isArray(urls) && urls.length > 0)
  return { mediaType, digest, size, isForeign }
}

/** The service also returns "Invalid JSON syntax" for valid JSON that is not a manifest. */
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
