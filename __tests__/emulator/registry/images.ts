import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarOfFiles } from '../../helpers/tar-writer.js'

/** Content and its descriptor. */
export interface Content {
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

/** An image, index or artifact: its manifest, and the blobs and manifests that it requires. */
export interface TestImage extends Content {
  readonly blobs: readonly Content[]
  readonly children: readonly TestImage[]
  readonly platform?: Readonly<Record<string, string>>
}

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json'
} as const

/** Returns the digest of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function content(bytes: Buffer | string, mediaType = 'application/octet-stream'): Content {
  const buffer = Buffer.from(bytes)
  return { bytes: buffer, digest: digestOf(buffer), mediaType }
}

export function descriptorOf({ mediaType, digest, bytes }: Content): Record<string, unknown> {
  return { mediaType, digest, size: bytes.length }
}

/** Returns a small image with one file. Its text makes the image unique. */
export function makeImage(text: string, architecture = 'amd64'): TestImage {
  const tar = tarOfFiles({ 'app.txt': `this is ${text}` })
  const layer = content(gzipSync(tar), OCI.layer)
  const config = content(
    JSON.stringify({
      os: 'linux',
      architecture,
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] }
    }),
    OCI.config
  )
  const manifest = content(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config: descriptorOf(config),
      layers: [descriptorOf(layer)]
    }),
    OCI.manifest
  )
  return {
    ...manifest,
    blobs: [layer, config],
    children: [],
    platform: { os: 'linux', architecture }
  }
}

/** Returns an index of images. */
export function makeIndex(children: readonly TestImage[]): TestImage {
  const manifests = children.map((child) => ({
    ...descriptorOf(child),
    platform: child.platform
  }))
  const index = { schemaVersion: 2, mediaType: OCI.index, manifests }
  return { ...content(JSON.stringify(index), OCI.index), blobs: [], children }
}

/** Returns an artifact that refers to an image, like a signature. */
export function makeReferrer(subject: Content, artifactType: string): TestImage {
  const empty = content('{}', OCI.empty)
  const manifest = content(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.manifest,
      artifactType,
      config: descriptorOf(empty),
      layers: [descriptorOf(empty)],
      subject: descriptorOf(subject),
      annotations: { 'org.example.kind': artifactType }
    }),
    OCI.manifest
  )
  return { ...manifest, blobs: [empty], children: [] }
}
