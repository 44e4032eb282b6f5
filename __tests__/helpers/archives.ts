import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { sha256Digest } from '../../src/oci/digest.js'
import type { Platform } from '../../src/oci/manifest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { tarArchive, tarOfFiles, writeTar } from './tar-writer.js'
import type { TarMember } from './tar-writer.js'

/** The compression of a stored layer. */
export type LayerCompression = 'none' | 'gzip' | 'zstd'

/** One layer of a test image, uncompressed and as stored. */
export interface TestLayer {
  readonly tar: Buffer
  readonly diffId: string
  readonly compression: LayerCompression
  /** The stored layer of an OCI layout. */
  readonly blob: Buffer
  readonly digest: string
}

/** A blob of an OCI layout. */
export interface TestBlob {
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

/** An image for one platform. `content` is its OCI manifest. */
export interface TestImage {
  readonly kind: 'image'
  readonly layers: readonly TestLayer[]
  readonly diffIds: readonly string[]
  readonly config: Buffer
  readonly configDigest: string
  readonly platform: Platform
  /** Full references, `ex.com/app:1`. */
  readonly tags: readonly string[]
  readonly content: TestBlob
}

/** An image for several platforms, or any other index. */
export interface TestIndex {
  readonly kind: 'index'
  readonly children: readonly (TestImage | TestIndex)[]
  readonly tags: readonly string[]
  readonly content: TestBlob
}

/** The options of `buildImage`. */
export interface ImageSpec {
  /** A tar archive or its files per layer, lowest layer first. Defaults to two small layers. */
  readonly layers?: readonly (Uint8Array | Readonly<Record<string, string | Uint8Array>>)[]
  /** The compression of all layers or of each layer. Defaults to gzip. */
  readonly compression?: LayerCompression | readonly LayerCompression[]
  /** Full references. Defaults to `ex.com/app:1`. */
  readonly tags?: readonly string[]
  readonly platform?: Platform
  /** Members to add to the config. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Members to add to the manifest. `mediaType: undefined` omits the media type. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** Builds a Docker schema 2 manifest instead of an OCI manifest. */
  readonly docker?: boolean
}

const OCI_LAYERS = {
  none: MEDIA_TYPES.ociLayer,
  gzip: MEDIA_TYPES.ociLayerGzip,
  zstd: MEDIA_TYPES.ociLayerZstd
} as const

/** Builds an image. */
export function buildImage(spec: ImageSpec = {}): TestImage {
  const platform = spec.platform ?? { os: 'linux', architecture: 'amd64' }
  const layers = (spec.layers ?? [{ 'etc/os-release': 'ID=test\n' }, { 'app/hello': 'hello' }]).map(
    (layer, at) => {
      const { compression = 'gzip' } = spec
      return buildLayer(layer, typeof compression === 'string' ? compression : compression[at]!)
    }
  )
  const diffIds = layers.map((layer) => layer.diffId)
  const config = json({
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { Cmd: ['/app/hello'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map((_, at) => ({ created_by: `step ${at}` })),
    ...spec.config
  })
  const configDigest = sha256Digest(config)
  const docker = spec.docker === true
  const manifest = {
    schemaVersion: 2,
    mediaType: docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest,
    config: {
      mediaType: docker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig,
      digest: configDigest,
      size: config.length
    },
    layers: layers.map((layer) => ({
      mediaType: docker ? MEDIA_TYPES.dockerLayerGzip : OCI_LAYERS[layer.compression],
      digest: layer.digest,
      size: layer.blob.length
    })),
    ...spec.manifest
  }
  return {
    kind: 'image',
    layers,
    diffIds,
    config,
    configDigest,
    platform,
    tags: spec.tags ?? ['ex.com/app:1'],
    content: buildBlob(
      json(manifest),
      docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest
    )
  }
}

/** Builds a layer of a tar archive or of its files. */
export function buildLayer(
  source: Uint8Array | Readonly<Record<string, string | Uint8Array>>,
  compression: LayerCompression = 'gzip'
): TestLayer {
  const tar = source instanceof Uint8Array ? Buffer.from(source) : tarOfFiles(source)
  const blob = compress(tar, compression)
  return { tar, diffId: sha256Digest(tar), compression, blob, digest: sha256Digest(blob) }
}

/** Builds an index of these children, each with its platform. */
export function buildIndex(
  children: readonly (TestImage | TestIndex)[],
  options: {
    readonly tags?: readonly string[]
    /** Members to add to the descriptors, in the order of the children. */
    readonly descriptors?: readonly (Readonly<Record<string, unknown>> | undefined)[]
    readonly index?: Readonly<Record<string, unknown>>
    readonly docker?: boolean
  } = {}
): TestIndex {
  const mediaType = options.docker === true ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    manifests: children.map((child, at) => ({
      ...descriptorOf(child.content),
      ...(child.kind === 'image' ? { platform: child.platform } : {}),
      ...options.descriptors?.[at]
    })),
    ...options.index
  })
  return {
    kind: 'index',
    children,
    tags: options.tags ?? ['ex.com/app:1'],
    content: buildBlob(bytes, mediaType)
  }
}

/** Builds the attestation of an image, as BuildKit adds it to an index with `attestationDescriptor`. */
export function buildAttestation(of: TestImage): TestImage {
  const statement = Buffer.from(
    JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', subject: of.content.digest })
  )
  const layer = buildLayer(statement, 'none')
  return buildImage({
    layers: [statement],
    compression: 'none',
    platform: { os: 'unknown', architecture: 'unknown' },
    tags: [],
    manifest: {
      layers: [
        {
          mediaType: 'application/vnd.in-toto+json',
          digest: layer.digest,
          size: layer.blob.length,
          annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' }
        }
      ]
    }
  })
}

/** Returns the members that BuildKit adds to the descriptor of an attestation. */
export function attestationDescriptor(of: TestImage): Readonly<Record<string, unknown>> {
  return {
    annotations: {
      'vnd.docker.reference.digest': of.content.digest,
      'vnd.docker.reference.type': 'attestation-manifest'
    }
  }
}

/** Builds the SOCI index of an image, as `soci convert` adds it to an index with `sociDescriptor`. */
export function buildSociIndex(of: TestImage): TestImage {
  const ztoc = buildLayer(Buffer.from(`ztoc of ${of.content.digest}`), 'none')
  const artifact = buildImage({
    layers: [ztoc.tar],
    compression: 'none',
    platform: of.platform,
    tags: [],
    config: { rootfs: undefined }
  })
  const { config, configDigest } = artifact
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType: SOCI_TYPE,
    config: { mediaType: SOCI_TYPE, digest: configDigest, size: config.length },
    layers: [
      {
        mediaType: 'application/octet-stream',
        digest: ztoc.digest,
        size: ztoc.blob.length,
        annotations: { 'com.amazon.soci.image-layer-digest': of.layers[0]?.digest ?? '' }
      }
    ]
  }
  return { ...artifact, content: buildBlob(json(manifest), MEDIA_TYPES.ociManifest) }
}

const SOCI_TYPE = 'application/vnd.amazon.soci.index.v2+json'

/** Returns the members that SOCI adds to the descriptor of its index, which has the platform of the image. */
export function sociDescriptor(of: TestImage): Readonly<Record<string, unknown>> {
  return {
    artifactType: SOCI_TYPE,
    annotations: { 'com.amazon.soci.image-manifest-digest': of.content.digest }
  }
}

/** Builds images for two platforms, an attestation of the first one, and their index. */
export function buildPlatforms(): {
  readonly amd64: TestImage
  readonly arm64: TestImage
  readonly attestation: TestImage
  readonly multi: TestIndex
} {
  const amd64 = buildImage()
  const arm64 = buildImage({
    layers: [{ arm: 'arm' }],
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }
  })
  const attestation = buildAttestation(amd64)
  const multi = buildIndex([amd64, arm64, attestation], {
    descriptors: [undefined, undefined, attestationDescriptor(amd64)]
  })
  return { amd64, arm64, attestation, multi }
}

/** The programs whose layouts of a docker-archive can be written. */
export type DockerLayout = 'legacy' | 'docker25' | 'podman' | 'kaniko' | 'jib' | 'bazel' | 'nix'

/** Writes an archive of these images in the layout of a program. */
export async function writeDockerArchive(
  path: string,
  images: readonly TestImage[],
  layout: DockerLayout = 'legacy'
): Promise<void> {
  const tar = dockerMembers(images, layout)
  if (layout !== 'nix') return writeTar(path, tar)
  await writeFile(path, gzipSync(tarArchive(tar)))
}

/** Returns the members of a docker-archive in order. */
export function dockerMembers(images: readonly TestImage[], layout: DockerLayout): TarMember[] {
  const members = new Map<string, TarMember>()
  const add = (member: TarMember): void => void members.set(member.name, member)
  const manifest = images.map((image) => addImage(image, layout, add))
  if (layout === 'docker25') {
    for (const member of ociMembers(images, { compression: 'none' })) add(member)
  }
  if (layout === 'legacy') add(file('repositories', json({})))
  add(file('manifest.json', json(manifest)))
  return [...members.values()]
}

/**
 * Returns the members of a docker-archive with these files and one image, by default of the config `c.json` and the
 * layers `1.tar` and `2.tar`.
 *
 * @param entry members of the entry in `manifest.json` to change
 * @param added further members of the archive
 */
export function customDockerMembers(
  files: Readonly<Record<string, Uint8Array>>,
  entry: object = {},
  added: readonly TarMember[] = []
): TarMember[] {
  const image = { Config: 'c.json', RepoTags: ['ex.com/app:1'], Layers: ['1.tar', '2.tar'] }
  return [
    ...Object.entries(files).map(([name, body]) => file(name, body)),
    ...added,
    file('manifest.json', json([{ ...image, ...entry }]))
  ]
}

/** How an OCI layout is written. */
export interface OciOptions {
  /** Digests of blobs to omit. */
  readonly without?: readonly string[]
  /** Also writes `manifest.json`, as Docker's containerd image store and `buildx --output type=docker` do. */
  readonly manifestJson?: boolean
  /** Stores uncompressed layers, as Docker 25 and later does with the classic image store. */
  readonly compression?: 'none'
  /** Members to add to `index.json`. */
  readonly index?: Readonly<Record<string, unknown>>
  /** `containerd`: two annotations; `name`: the full reference in `ref.name`; `tag`: only the tag in `ref.name`. */
  readonly naming?: 'containerd' | 'name' | 'tag'
  /** Entries to add to `index.json`, such as referrers. */
  readonly extra?: readonly TestBlob[]
  /** Blobs to add. */
  readonly blobs?: readonly Buffer[]
}

/** Writes an OCI layout as a tar. */
export async function writeOciArchive(
  path: string,
  images: readonly (TestImage | TestIndex)[],
  options: OciOptions = {}
): Promise<void> {
  await writeTar(path, ociMembers(images, options))
}

/** Writes an OCI layout as a directory. */
export async function writeOciDirectory(
  path: string,
  images: readonly (TestImage | TestIndex)[],
  options: OciOptions = {}
): Promise<void> {
  for (const member of ociMembers(images, options)) {
    const target = join(path, member.name)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, member.body ?? '')
  }
}

/** Returns the members of an OCI layout. Blobs are sorted by digest, as in archives of containerd. */
export function ociMembers(
  images: readonly (TestImage | TestIndex)[],
  options: OciOptions = {}
): TarMember[] {
  const stored = options.compression === 'none' ? images.map(withUncompressedLayers) : images
  const blobs = new Map<string, Buffer>()
  for (const image of stored) collectBlobs(image, blobs)
  for (const extra of options.extra ?? []) blobs.set(extra.digest, extra.bytes)
  for (const bytes of options.blobs ?? []) blobs.set(sha256Digest(bytes), bytes)
  for (const digest of options.without ?? []) blobs.delete(digest)
  const entries = stored.flatMap((image) => {
    const descriptor = descriptorOf(image.content)
    if (image.tags.length === 0) return [descriptor]
    return image.tags.map((tag) => ({ ...descriptor, annotations: namesOf(tag, options.naming) }))
  })
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: [...entries, ...(options.extra ?? []).map(descriptorOf)],
    ...options.index
  }
  const members = [...blobs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([digest, bytes]) => file(blobName(digest), bytes))
  members.push(file('index.json', json(index)))
  if (options.manifestJson === true) members.push(file('manifest.json', json(hostManifest(stored))))
  members.push(file('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')))
  return members
}

/** Returns all blobs of an image by digest. */
export function blobsOf(image: TestImage | TestIndex): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>()
  collectBlobs(image, blobs)
  return blobs
}

/** Returns the file name of a blob in an OCI layout. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** Returns the descriptor of a blob. */
export function descriptorOf(blob: TestBlob): { mediaType: string; digest: string; size: number } {
  return { mediaType: blob.mediaType, digest: blob.digest, size: blob.bytes.length }
}

/** Creates a blob of these bytes. */
export function buildBlob(bytes: Buffer, mediaType: string): TestBlob {
  return { bytes, digest: sha256Digest(bytes), mediaType }
}

/** Returns JSON without white space, as bytes. */
export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Returns a member that is a regular file. */
export function file(name: string, body: Uint8Array): TarMember {
  return { name, body }
}

function compress(tar: Buffer, compression: LayerCompression): Buffer {
  if (compression === 'gzip') return gzipSync(tar)
  return compression === 'zstd' ? zstdCompressSync(tar) : tar
}

function collectBlobs(image: TestImage | TestIndex, blobs: Map<string, Buffer>): void {
  if (blobs.has(image.content.digest)) return
  blobs.set(image.content.digest, image.content.bytes)
  if (image.kind === 'index') {
    for (const child of image.children) collectBlobs(child, blobs)
    return
  }
  blobs.set(image.configDigest, image.config)
  for (const layer of image.layers) blobs.set(layer.digest, layer.blob)
}

function withUncompressedLayers(image: TestImage | TestIndex): TestImage | TestIndex {
  if (image.kind === 'index') return image
  const layers = image.layers.map((layer) => buildLayer(layer.tar, 'none'))
  const manifest = {
    ...(JSON.parse(image.content.bytes.toString()) as object),
    layers: layers.map((layer) => ({
      mediaType: MEDIA_TYPES.ociLayer,
      digest: layer.diffId,
      size: layer.tar.length
    }))
  }
  return { ...image, layers, content: buildBlob(json(manifest), MEDIA_TYPES.ociManifest) }
}

function namesOf(reference: string, naming: OciOptions['naming']): Record<string, string> {
  const tag = reference.slice(reference.lastIndexOf(':') + 1)
  if (naming === 'tag') return { 'org.opencontainers.image.ref.name': tag }
  if (naming === 'name') return { 'org.opencontainers.image.ref.name': reference }
  return { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': tag }
}

/** In `manifest.json`, containerd lists the first platform image of each index. */
function hostManifest(images: readonly (TestImage | TestIndex)[]): object[] {
  return images.flatMap((image) => {
    const host =
      image.kind === 'index' ? image.children.find((child) => child.kind === 'image') : image
    if (host?.kind !== 'image') return []
    return {
      Config: blobName(host.configDigest),
      RepoTags: image.tags,
      Layers: host.layers.map((layer) => blobName(layer.digest))
    }
  })
}

interface ManifestEntry {
  readonly Config: string
  readonly RepoTags: readonly string[] | null
  readonly Layers: readonly string[]
  readonly LayerSources?: unknown
}

function addImage(
  image: TestImage,
  layout: DockerLayout,
  add: (member: TarMember) => void
): ManifestEntry {
  const hex = (digest: string): string => digest.slice('sha256:'.length)
  const names = {
    legacy: `${hex(image.configDigest)}.json`,
    podman: `${hex(image.configDigest)}.json`,
    nix: `${hex(image.configDigest)}.json`,
    docker25: blobName(image.configDigest),
    bazel: blobName(image.configDigest),
    kaniko: image.configDigest,
    jib: 'config.json'
  }
  const config = names[layout]
  add(file(config, image.config))
  const first = new Map<string, string>()
  const layers = image.layers.map((layer, at) => {
    const id = hex(sha256Digest(Buffer.from(`${layer.diffId} ${at}`)))
    const target = first.get(layer.diffId)
    const name = layerName(layer, layout, id)
    first.set(layer.diffId, target ?? name)
    if (layout === 'legacy') {
      add(file(`${id}/VERSION`, Buffer.from('1.0')))
      add(file(`${id}/json`, json({ id })))
    }
    if (layout === 'legacy' && target !== undefined) {
      add({ name, type: '2', linkName: `../${target}` })
    } else {
      const isGzip = layout === 'kaniko' || layout === 'jib' || layout === 'bazel'
      add(file(name, isGzip ? gzipSync(layer.tar) : layer.tar))
    }
    if (layout === 'podman') add({ name: `${id}/layer.tar`, type: '2', linkName: `../${name}` })
    return name
  })
  return { Config: config, RepoTags: image.tags.length === 0 ? null : image.tags, Layers: layers }
}

function layerName(layer: TestLayer, layout: DockerLayout, id: string): string {
  const hex = layer.diffId.slice('sha256:'.length)
  const names = {
    legacy: `${id}/layer.tar`,
    nix: `${id}/layer.tar`,
    podman: `${hex}.tar`,
    docker25: blobName(layer.diffId),
    kaniko: `${sha256Digest(gzipSync(layer.tar)).slice('sha256:'.length)}.tar.gz`,
    jib: `${sha256Digest(gzipSync(layer.tar)).slice('sha256:'.length)}.tar.gz`,
    bazel: `blobs/sha256/${sha256Digest(gzipSync(layer.tar)).slice('sha256:'.length)}.tar.gz`
  }
  return names[layout]
}
