import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { digestOf } from '../images/put-image.js'
import { makeTar } from './make-tar.js'

const MEDIA_TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip'
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip'
  }
} as const

const EMPTY_MEDIA_TYPE = 'application/vnd.oci.empty.v1+json'

/** The two families of media types. */
export type Format = keyof typeof MEDIA_TYPES

/** A manifest and the blobs that it needs. */
export interface BuiltManifest {
  readonly manifest: Buffer
  readonly mediaType: string
  readonly digest: string
  readonly blobs: readonly Buffer[]
}

/** How an index lists something. */
export interface ListedManifest extends BuiltManifest {
  readonly platform?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** The platform object of `linux/arm/v7`. */
export function platformOf(text: string): Record<string, string> {
  const [os = '', architecture = '', variant] = text.split('/')
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}

/**
 * An image of one small layer that a container tool can unpack.
 *
 * @param about what the file in it says, which makes the image differ from others
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

/** An index or manifest list of these. */
export function buildIndex(listed: readonly ListedManifest[], format: Format): BuiltManifest {
  const manifests = listed.map(({ mediaType, manifest, platform, annotations }) => ({
    ...descriptor(mediaType, manifest),
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations })
  }))
  return finish(MEDIA_TYPES[format].index, [], { manifests })
}

/** An artifact (OCI 1.1) that refers to a subject. */
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

/** What cosign stores under a tag beside an image (sigstore/cosign, specs/SIGNATURE_SPEC.md). */
export function buildCompanion(kind: string, of: BuiltManifest): BuiltManifest {
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

/** The attestation of a manifest that buildx lists in the index beside it. */
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
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { mediaType, digest, size: bytes.length }
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
