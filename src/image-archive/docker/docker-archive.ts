import { problem } from '../../runner/errors.js'
import { MAX_CONFIG_BYTES } from '../../oci/config.js'
import type { ImageConfig } from '../../oci/config.js'
import { isSha256Digest, sha256Digest } from '../../oci/digest.js'
import { isForeignLayer, parseDescriptor, parseJson } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import { checkIsTar } from '../check-is-tar.js'
import { parseArchiveConfig } from '../parse-archive-config.js'
import { checkLayerSize, digestOfBlobName, readBlob } from '../oci/blob.js'
import type { DockerImage, ForeignLayer, LayerFile, StoredContent } from '../contents.js'
import { checkImageCount, getArchiveFile } from '../file-tree.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import { BLOCK_BYTES } from '../tar/tar-header.js'
import { getNameInside } from '../tar/member-name.js'
import { readContent, readStart } from '../read-content.js'
import { decompressCommand, detectCompression } from '../compression/detect-compression.js'
import type { CompressionFormat } from '../compression/detect-compression.js'

/** The file that lists the images of a `docker save` archive. */
export const DOCKER_MANIFEST = 'manifest.json'

const MAX_DOCKER_MANIFEST_BYTES = 4 * 1024 ** 2

/**
 * An image in `manifest.json` (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format").
 */
export interface DockerEntry {
  /** The file name of the config. */
  readonly config: string
  /** The file names of the layers, lowest layer first. */
  readonly layers: readonly string[]
  readonly references: readonly string[]
  /** The descriptors that Docker adds for foreign layers, by diff ID. */
  readonly sources: Readonly<Record<string, unknown>>
}

/**
 * Lists the images in `manifest.json`. An image that is listed once per tag is returned once.
 *
 * @returns `undefined` if the file does not exist
 * @throws ActionError if it is malformed
 */
export async function findDockerEntries(tree: FileTree): Promise<DockerEntry[] | undefined> {
  const content = await tree.find(DOCKER_MANIFEST)
  if (content === undefined) return undefined
  const bytes = await readContent(content, MAX_DOCKER_MANIFEST_BYTES)
  const all = parseList(bytes).map((item, at) => readEntry(item, `${DOCKER_MANIFEST}, entry ${at}`))
  const images = groupBy(all, (entry) => JSON.stringify([entry.config, entry.layers]))
  checkImageCount(images.size, DOCKER_MANIFEST)
  return [...images.values()].flatMap((entries) => {
    const [first] = entries
    if (first === undefined) return []
    return { ...first, references: [...new Set(entries.flatMap((entry) => entry.references))] }
  })
}

/**
 * Loads the image of an entry, with its layers in order.
 *
 * @throws ActionError if a file is missing, or if the config and the entry have different numbers of layers
 */
export async function loadDockerImage(tree: FileTree, entry: DockerEntry): Promise<DockerImage> {
  const bytes = await readConfig(tree, entry)
  const config = parseArchiveConfig(bytes, entry.config, tree.path)
  if (config.diffIds.length !== entry.layers.length) {
    throw problem({
      what: `The number of layers in ${DOCKER_MANIFEST} and in the config of the image differ`,
      value: entry.config,
      reason: `${DOCKER_MANIFEST} lists ${entry.layers.length} layers, and the config lists ${config.diffIds.length} diff IDs.`
    })
  }
  const layers = new Map<string, LayerFile | ForeignLayer>()
  for (const [at, diffId] of config.diffIds.entries()) {
    const name = entry.layers[at] ?? ''
    if (!layers.has(diffId)) layers.set(diffId, await loadLayer(tree, entry, name, diffId))
    else if (!isForeign(layers.get(diffId))) await getArchiveFile(tree, name, DOCKER_MANIFEST)
  }
  return toDockerImage(bytes, config, layers)
}

/** Reads the config of an entry. @throws ActionError if it is missing, or is a blob that does not hash to its name */
export async function readConfig(tree: FileTree, entry: DockerEntry): Promise<Buffer> {
  const content = await getArchiveFile(tree, entry.config, DOCKER_MANIFEST)
  const digest = digestOfBlobName(entry.config)
  if (digest !== undefined) return readBlob(content, digest, MAX_CONFIG_BYTES)
  return readContent(content, MAX_CONFIG_BYTES)
}

/** Creates an image of a config and its layers by diff ID. */
export function toDockerImage(
  bytes: Buffer,
  config: ImageConfig,
  layers: ReadonlyMap<string, LayerFile | ForeignLayer>
): DockerImage {
  return {
    kind: 'docker-image',
    config: { bytes, digest: sha256Digest(bytes) },
    platform: config.platform,
    layers: config.diffIds.flatMap((diffId) => layers.get(diffId) ?? [])
  }
}

/**
 * Creates a layer of a file with its diff ID, and detects its compression.
 *
 * @throws ActionError if the compression is not supported by registry clients, if the layer is too large, or if it is
 *   uncompressed and not a tar archive
 */
export async function toLayerFile(content: StoredContent, diffId: string): Promise<LayerFile> {
  const compression = await compressionOf(content)
  // A compressed layer is checked while it is read.
  if (compression === 'none') return { kind: 'layer-file', diffId, compression, content }
  if (compression === 'gzip' || compression === 'zstd') {
    checkLayerSize(content)
    return { kind: 'layer-file', diffId, compression, content }
  }
  throw problem({
    what: `A layer is compressed with ${compression}, which is not supported`,
    value: content.name,
    expected: 'A layer must be uncompressed, or compressed with gzip or zstd.',
    fix: `Create the archive with other layers ("${decompressCommand(compression)}" decompresses this one).`
  })
}

/** The compression per file, because many layers can refer to the same file. */
const compressions = new WeakMap<StoredContent, CompressionFormat | 'none'>()

async function compressionOf(content: StoredContent): Promise<CompressionFormat | 'none'> {
  const known = compressions.get(content)
  if (known !== undefined) return known
  const start = await readStart(content, BLOCK_BYTES)
  const compression = detectCompression(start) ?? 'none'
  if (compression === 'none') checkIsTar(content.name, start)
  compressions.set(content, compression)
  return compression
}

async function loadLayer(
  tree: FileTree,
  entry: DockerEntry,
  name: string,
  diffId: string
): Promise<LayerFile | ForeignLayer> {
  const content = await tree.find(name)
  if (content !== undefined) return toLayerFile(content, diffId)
  const foreign = findForeignSource(entry, diffId)
  if (foreign !== undefined) return { kind: 'foreign-layer', diffId, descriptor: foreign }
  // The file is missing, so that `getArchiveFile` throws.
  return toLayerFile(await getArchiveFile(tree, name, DOCKER_MANIFEST), diffId)
}

function findForeignSource(entry: DockerEntry, diffId: string): Descriptor | undefined {
  const source = Object.hasOwn(entry.sources, diffId) ? entry.sources[diffId] : undefined
  if (source === undefined) return undefined
  const descriptor = parseDescriptor(source, `${DOCKER_MANIFEST}, LayerSources["${diffId}"]`)
  return isForeignLayer(descriptor) ? descriptor : undefined
}

function isForeign(layer: LayerFile | ForeignLayer | undefined): boolean {
  return layer?.kind === 'foreign-layer'
}

function parseList(bytes: Buffer): unknown[] {
  const list = parseJson(bytes, DOCKER_MANIFEST)
  if (Array.isArray(list) && list.length > 0) return list
  const isManifest = typeof list === 'object' && list !== null && 'schemaVersion' in list
  throw problem({
    what: `${DOCKER_MANIFEST} does not list any images`,
    expected:
      'The file must contain a JSON array with at least one object, as "docker save" writes it.',
    fix: isManifest
      ? 'The file is an image manifest. With skopeo, use "oci:" instead of "dir:".'
      : undefined
  })
}

function readEntry(item: unknown, name: string): DockerEntry {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw problem({ what: `${name} is not a JSON object` })
  }
  const {
    Config: config,
    Layers: layers,
    RepoTags: tags,
    LayerSources: sources
  } = item as Record<string, unknown>
  if (typeof config !== 'string') throw problem({ what: `${name} does not have a config` })
  return {
    config: isSha256Digest(config) ? config : getNameInside(config, name),
    layers: stringsOf(layers, `${name}, Layers`).map((layer) => getNameInside(layer, name)),
    // Docker writes null or the placeholder <none>:<none> for an image without a tag.
    references: stringsOf(tags, `${name}, RepoTags`).filter((tag) => !tag.includes('<none>')),
    sources: typeof sources === 'object' && sources !== null ? { ...sources } : {}
  }
}

function stringsOf(value: unknown, name: string): string[] {
  // Go programs write null for an empty list.
  const list: unknown = value ?? []
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  throw problem({ what: `${name} is not a list of strings` })
}
