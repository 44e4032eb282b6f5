import { problem } from '../runner/errors.js'
import { isSha256Digest } from './digest.js'
import {
  isImageConfigMediaType,
  isIndexMediaType,
  isManifestMediaType,
  MEDIA_TYPES
} from './media-types.js'

/** The platform of an image (OCI image index, `platform`). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
  readonly osVersion?: string | undefined
  readonly osFeatures?: readonly string[] | undefined
}

/** An OCI content descriptor. */
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

/** The manifest of one image or artifact: an OCI manifest or a Docker schema 2 manifest. */
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

/** The maximum size of a manifest in bytes (`imageManifest` of PutImage in the API model). */
export const MAX_MANIFEST_BYTES = 4_194_304

/**
 * The maximum size of a layer in bytes, a quota that cannot be increased
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html).
 */
export const MAX_LAYER_SIZE_BYTES = 10_000 * 1024 * 1024

/**
 * Reads a manifest or index and checks the members that this project uses. Unknown members are ignored.
 *
 * @param bytes the JSON as served or stored
 * @param name the name of the manifest in errors: a file of an archive or a digest
 * @param mediaType the media type of the descriptor or the response. Defaults to `mediaType` of the JSON
 * @throws ActionError if the bytes are not a manifest or index of a supported type
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
      what: `${name} is not a supported image manifest or index`,
      value:
        mediaType ?? stringOf(json.mediaType) ?? `schemaVersion ${jsonText(json.schemaVersion)}`,
      expected: 'Use an OCI manifest or index, or a Docker schema 2 manifest or manifest list.'
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
  // `mediaType` is optional in OCI, and umoci and older versions of skopeo omit it.
  if (stringOf(json.mediaType) !== undefined) return undefined
  if (Array.isArray(json.manifests) && json.layers === undefined) return MEDIA_TYPES.ociIndex
  if (Array.isArray(json.layers) && json.manifests === undefined) return MEDIA_TYPES.ociManifest
  return undefined
}

/** Reads one content descriptor. @throws ActionError if a member is missing or invalid */
export function parseDescriptor(value: unknown, name: string): Descriptor {
  const json = objectOf(value, name)
  const digest = json.digest
  if (typeof digest !== 'string' || !isSha256Digest(digest)) {
    throw problem({
      what: `${name} has an unsupported digest`,
      value: stringOf(digest) ?? jsonText(digest),
      expected: 'ECR Public requires "sha256:" and 64 lowercase hexadecimal digits.'
    })
  }
  const size = json.size
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw problem({ what: `${name} does not have a valid size in bytes`, value: jsonText(size) })
  }
  const mediaType = json.mediaType
  if (typeof mediaType !== 'string' || mediaType === '') {
    throw problem({ what: `${name} does not have a valid media type`, value: jsonText(mediaType) })
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
  if (!Array.isArray(value)) throw problem({ what: `${name} is not a list of descriptors` })
  return value.map((item, at) => parseDescriptor(item, `${name}[${String(at)}]`))
}

/** Parses a JSON object. @throws ActionError if the bytes are not UTF-8 text with a JSON object */
export function parseJsonObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  return objectOf(parseJson(bytes, name), name)
}

/** Parses JSON. @throws ActionError if the bytes are not UTF-8 text with JSON */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw problem({ what: `${name} is not JSON` }, error)
  }
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem({ what: `${name} is not a JSON object`, value: jsonText(value) })
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
    osVersion: stringOf(json['os.version']),
    osFeatures: stringsOf(json['os.features'])
  }
}

/**
 * Returns `true` for a layer that is stored outside the registry, at its `urls`: a foreign layer (Docker) or a
 * non-distributable layer (OCI).
 */
export function isForeignLayer({ mediaType, urls = [] }: Descriptor): boolean {
  const isForeign = mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.')
  return isForeign && urls.length > 0
}

/** Returns `true` for an attestation in an index. BuildKit marks it by an annotation and an unknown platform. */
export function isAttestation({
  annotations,
  platform
}: Pick<Descriptor, 'annotations' | 'platform'>): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown'
}

/**
 * Returns `true` for an attestation or another artifact of an image in the same index. An index of SOCI has the platform of
 * its image, and its descriptor names the image in an annotation
 * (https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md). An artifact for a platform, such as
 * a program that ORAS pushes for each platform, does not name an image.
 */
export function isArtifactOfImage(
  descriptor: Pick<Descriptor, 'annotations' | 'artifactType' | 'platform'>
): boolean {
  const { artifactType, annotations = {} } = descriptor
  const isTyped = artifactType !== undefined && !isImageConfigMediaType(artifactType)
  return (isTyped && Object.values(annotations).some(isSha256Digest)) || isAttestation(descriptor)
}

/** Returns the name of a platform, such as `linux/arm64/v8`. */
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

/** Returns a JSON value for an error message. Lists and objects are not shown because they can be of any size. */
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
