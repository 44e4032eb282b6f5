import { gzipSync } from 'node:zlib'
import { digestOf } from '../digest.js'
import { EMPTY_MEDIA_TYPE, MEDIA_TYPES } from '../images/media-types.js'
import { makeTar } from './make-tar.js'

/** The media types of OCI and Docker manifests. */
export type Format = keyof typeof MEDIA_TYPES

/** A manifest and the blobs that it refers to. */
export interface BuiltManifest {
  readonly manifest: Buffer
  readonly mediaType: string
  readonly digest: string
  readonly blobs: readonly Buffer[]
}

/** A manifest with its entry in an index. */
export interface ListedManifest extends BuiltManifest {
  readonly platform?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Returns the platform object of a text such as `linux/arm/v7`. */
export function platformOf(text: string): Record<string, string> {
  const [os = '', architecture = '', variant] = text.split('/')
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}

/**
 * Builds an image with one small layer, which container tools can unpack.
 *
 * @param about the contents of the file in the layer, which make the image unique
 */
export function buildImage(
  about: string,
  platform: string,
  format: Format,
  created: Date
): BuiltManifest {
  const types = MEDIA_TYPES[format]
  const tar = makeTar('about.txt', Buffer.from(`${about}\n${platform}\n`), created)
  const layer = gzipSync(tar)
  const config = jsonOf({
    created: created.toISOString(),
    ...platformOf(platform),
    config: { Cmd: ['/about.txt'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created: created.toISOString(), created_by: 'ecr-public-action emulator seed' }]
  })
  return finish(types.manifest, [config, layer], {
    config: descriptor(types.config, config),
    layers: [descriptor(types.layer, layer)]
  })
}

/** Builds an index or manifest list. */
export function buildIndex(listed: readonly ListedManifest[], format: Format): BuiltManifest {
  const manifests = listed.map(({ mediaType, manifest, platform, annotations }) => ({
    ...descriptor(mediaType, manifest),
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations })
  }))
  return finish(MEDIA_TYPES[format].index, [], { manifests })
}

/** Builds an artifact that refers to a subject (OCI 1.1). */
export function buildReferrer(artifactType: string, subject: BuiltManifest): BuiltManifest {
  const empty = Buffer.from('{}')
  const content = Buffer.from(`${artifactType} of ${subject.digest}\n`)
  return finish(MEDIA_TYPES.oci.manifest, [empty, content], {
    artifactType,
    config: descriptor(EMPTY_MEDIA_TYPE, empty),
    layers: [descriptor(artifactType, content)],
    subject: descriptor(subject.mediaType, subject.manifest)
  })
}

/**
 * Builds the manifest that cosign stores under a tag next to an image (sigstore/cosign,
 * specs/SIGNATURE_SPEC.md).
 */
export function buildCosignManifest(kind: string, of: BuiltManifest): BuiltManifest {
  const payload = jsonOf({
    critical: { image: { 'docker-manifest-digest': of.digest }, type: kind }
  })
  const config = jsonOf({
    architecture: '',
    os: '',
    rootfs: { type: 'layers', diff_ids: [digestOf(payload)] }
  })
  return finish(MEDIA_TYPES.oci.manifest, [config, payload], {
    config: descriptor(MEDIA_TYPES.oci.config, config),
    layers: [descriptor('application/vnd.dev.cosign.simplesigning.v1+json', payload)]
  })
}

/** Builds the attestation of a manifest, which buildx lists in the same index. */
export function buildAttestation(of: BuiltManifest): ListedManifest {
  const statement = jsonOf({ _type: 'https://in-toto.io/Statement/v0.1', subject: [of.digest] })
  const config = jsonOf({
    architecture: 'unknown',
    os: 'unknown',
    rootfs: { type: 'layers', diff_ids: [digestOf(statement)] }
  })
  const built = finish(MEDIA_TYPES.oci.manifest, [config, statement], {
    config: descriptor(MEDIA_TYPES.oci.config, config),
    layers: [descriptor('application/vnd.in-toto+json', statement)]
  })
  return {
    ...built,
    platform: platformOf('unknown/unknown'),
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': of.digest
    }
  }
}

function finish(mediaType: string, blobs: readonly Buffer[], members: object): BuiltManifest {
  const manifest = jsonOf({ schemaVersion: 2, mediaType, ...members })
  return { manifest, mediaType, digest: digestOf(manifest), blobs }
}

function descriptor(mediaType: string, bytes: Buffer): Record<string, unknown> {
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
