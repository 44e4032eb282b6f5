import { problem } from '../runner/errors.js'
import { isSha256Digest } from './digest.js'
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPES } from './media-types.js'

/** What an image is made for (OCI image index, `platform`). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
  readonly osVersion?: string | undefined
}

/** A reference to content by digest (OCI content descriptor). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** In bytes. */
  readonly size: number
  readonly urls?: readonly string[] | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly platform?: Platform | undefined
  readonly artifactType?: string | undefined
}

/** The manifest of one image or artifact, OCI's or Docker's schema 2. */
export interface Manifest {
  readonly kind: 'manifest'
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  /** The manifest that this one refers to (OCI 1.1 referrers). */
  readonly subject?: Descriptor | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** An OCI index or a Docker manifest list. */
export interface Index {
  readonly kind: 'index'
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** The most bytes that PutImage takes as a manifest (the API model's ImageManifest). */
export const MAX_MANIFEST_BYTES = 4_194_304

/**
 * Reads a manifest or index. Unknown members are ignored; what is read is checked.
 *
 * @param bytes the JSON as served or stored
 * @param name what the error calls it: a file of an archive, a digest
 * @param mediaType where the descriptor or the response names one; else the JSON's own, else its shape decides
 * @throws ActionError where it is no manifest or index that this project understands
 */
export function parseManifest(
  bytes: Uint8Array,
  name: string,
  mediaType?: string
): Manifest | Index {
  const json = parseJsonObject(bytes, name)
  const type = mediaTypeOf(json, mediaType)
  if (json.schemaVersion !== 2 || type === undefined) {
    throw problem({
      what: `${name} is no image manifest or index`,
      value:
        mediaType ?? stringOf(json.mediaType) ?? `schemaVersion ${jsonText(json.schemaVersion)}`,
      expected: 'OCI manifests and indexes, Docker schema 2 manifests and manifest lists'
    })
  }
  const shared = {
    mediaType: type,
    subject:
      json.subject === undefined || json.subject === null
        ? undefined
        : parseDescriptor(json.subject, `${name}, subject`),
    artifactType: stringOf(json.artifactType),
    annotations: annotationsOf(json.annotations)
  }
  if (isIndexMediaType(type)) {
    return {
      kind: 'index',
      ...shared,
      manifests: descriptorsOf(json.manifests ?? [], `${name}, manifests`)
    }
  }
  return {
    kind: 'manifest',
    ...shared,
    config: parseDescriptor(json.config, `${name}, config`),
    layers: descriptorsOf(json.layers ?? [], `${name}, layers`)
  }
}

function mediaTypeOf(json: Record<string, unknown>, given: string | undefined): string | undefined {
  for (const candidate of [given, stringOf(json.mediaType)]) {
    if (candidate === undefined) continue
    if (isIndexMediaType(candidate) || isManifestMediaType(candidate)) return candidate
  }
  // OCI leaves `mediaType` optional: older writers (umoci, skopeo) omit it, and the shape tells.
  if (stringOf(json.mediaType) !== undefined) return undefined
  if (Array.isArray(json.manifests) && json.layers === undefined) return MEDIA_TYPES.ociIndex
  if (Array.isArray(json.layers) && json.manifests === undefined) return MEDIA_TYPES.ociManifest
  return undefined
}

/** Reads one content descriptor. @throws ActionError naming the member that is wrong */
export function parseDescriptor(value: unknown, name: string): Descriptor {
  const json = objectOf(value, name)
  const digest = json.digest
  if (typeof digest !== 'string' || !isSha256Digest(digest)) {
    throw problem({
      what: `${name} has a digest that cannot be used`,
      value: stringOf(digest) ?? jsonText(digest),
      expected: 'sha256: and 64 lower-case hexadecimal digits, as ECR Public takes no other'
    })
  }
  const size = json.size
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw problem({ what: `${name} has no size in bytes`, value: jsonText(size) })
  }
  const mediaType = json.mediaType
  if (typeof mediaType !== 'string' || mediaType === '') {
    throw problem({ what: `${name} has no media type`, value: jsonText(mediaType) })
  }
  return {
    mediaType,
    digest,
    size,
    urls: stringsOf(json.urls),
    annotations: annotationsOf(json.annotations),
    platform: platformOf(json.platform),
    artifactType: stringOf(json.artifactType)
  }
}

function descriptorsOf(value: unknown, name: string): Descriptor[] {
  if (!Array.isArray(value)) throw problem({ what: `${name} is no list of descriptors` })
  return value.map((item, at) => parseDescriptor(item, `${name}[${String(at)}]`))
}

/** The JSON object that these bytes are. @throws ActionError where they are none */
export function parseJsonObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw problem({ what: `${name} is not JSON` }, error)
  }
  return objectOf(json, name)
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem({ what: `${name} is no JSON object`, value: jsonText(value) })
  }
  return value as Record<string, unknown>
}

function platformOf(value: unknown): Platform | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const json = value as Record<string, unknown>
  const os = stringOf(json.os)
  const architecture = stringOf(json.architecture)
  if (os === undefined || architecture === undefined) return undefined
  return {
    os,
    architecture,
    variant: stringOf(json.variant),
    osVersion: stringOf(json['os.version'])
  }
}

/** `linux/arm64/v8`, as people write a platform. */
export function platformName(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')
}

function annotationsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string'
  )
  return Object.fromEntries(entries)
}

/** The value for an error; of a list or an object only its kind, as it may be of any depth. */
export function jsonText(value: unknown): string {
  if (value === undefined) return 'none'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return JSON.stringify(value)
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function stringsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.filter((item): item is string => typeof item === 'string')
}
