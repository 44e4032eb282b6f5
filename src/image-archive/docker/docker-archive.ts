import { problem } from '../../runner/errors.js'
import { parseConfig } from '../../oci/config.js'
import type { ImageConfig } from '../../oci/config.js'
import { isSha256Digest, sha256Digest } from '../../oci/digest.js'
import { parseDescriptor } from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import { isForeignLayer } from '../../oci/media-types.js'
import { checkLayerSize, digestOfBlobName, readBlob } from '../oci/blob.js'
import type { DockerImage, ForeignLayer, LayerFile, StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import { getNameInside } from '../tar/member-name.js'
import { checkImageCount, getFile, MAX_CONFIG_BYTES, readStart, readWhole } from '../read-json.js'
import { sniffCompression, SNIFFED_BYTES, unpackCommand } from '../compression/sniff.js'
import type { Compression } from '../compression/sniff.js'

/** The file that lists the images of a `docker save` archive. */
export const DOCKER_MANIFEST = 'manifest.json'

const MAX_DOCKER_MANIFEST_BYTES = 4 * 1024 ** 2

/** An image as `manifest.json` lists it (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"). */
export interface DockerEntry {
  /** Name of the config's file. */
  readonly config: string
  /** Names of the layers' files, the lowest first. */
  readonly layers: readonly string[]
  /** As the archive writes them. */
  readonly references: readonly string[]
  /** Descriptors by diff ID, which Docker adds for layers that live elsewhere. */
  readonly sources: Readonly<Record<string, unknown>>
}

/**
 * The images that `manifest.json` lists; one that is listed twice, once per tag, is one image.
 *
 * @returns `undefined` where there is no such file
 * @throws ActionError where it is malformed
 */
export async function findDockerEntries(tree: FileTree): Promise<DockerEntry[] | undefined> {
  const content = await tree.find(DOCKER_MANIFEST)
  if (content === undefined) return undefined
  const bytes = await readWhole(content, MAX_DOCKER_MANIFEST_BYTES)
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
 * The image of an entry, its layers in order.
 *
 * @throws ActionError where a file is missing, or config and layers do not fit each other
 */
export async function loadDockerImage(tree: FileTree, entry: DockerEntry): Promise<DockerImage> {
  const bytes = await readConfig(tree, entry)
  const config = parseConfig(bytes, entry.config)
  if (config.diffIds.length !== entry.layers.length) {
    throw problem({
      what: `${DOCKER_MANIFEST} lists ${entry.layers.length} layers, but ${entry.config} has`,
      value: `${config.diffIds.length} rootfs.diff_ids`,
      expected: 'as many of one as of the other'
    })
  }
  const layers = new Map<string, LayerFile | ForeignLayer>()
  for (const [at, diffId] of config.diffIds.entries()) {
    const name = entry.layers[at] ?? ''
    if (!layers.has(diffId)) layers.set(diffId, await loadLayer(tree, entry, name, diffId))
    else if (!isForeign(layers.get(diffId))) await getFile(tree, name, DOCKER_MANIFEST)
  }
  return dockerImage(bytes, config, layers)
}

/** The bytes of an entry's config. @throws ActionError where they are missing or not what their name promises */
export async function readConfig(tree: FileTree, entry: DockerEntry): Promise<Buffer> {
  const content = await getFile(tree, entry.config, DOCKER_MANIFEST)
  const digest = digestOfBlobName(entry.config)
  if (digest !== undefined) return readBlob(content, digest, MAX_CONFIG_BYTES)
  return readWhole(content, MAX_CONFIG_BYTES)
}

/** Puts config and layers, by diff ID, together. */
export function dockerImage(
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
 * A layer that is known by its diff ID, however it is stored.
 *
 * @throws ActionError where it is compressed in a way that no registry client reads, or too large
 */
export async function layerFile(content: StoredContent, diffId: string): Promise<LayerFile> {
  const compression = await compressionOf(content)
  if (compression === 'none') return { kind: 'layer-file', diffId, compression, content }
  if (compression === 'gzip' || compression === 'zstd') {
    checkLayerSize(content)
    return { kind: 'layer-file', diffId, compression, content }
  }
  throw problem({
    what: `A layer is compressed with ${compression}`,
    value: content.name,
    expected: 'plain tar, gzip or zstd',
    fix: `write the archive with other layers (${unpackCommand(compression)} unpacks this one)`
  })
}

/** What was found of files, of which many layers may be the same one. */
const compressions = new WeakMap<StoredContent, Compression | 'none'>()

async function compressionOf(content: StoredContent): Promise<Compression | 'none'> {
  const known = compressions.get(content)
  if (known !== undefined) return known
  const compression = sniffCompression(await readStart(content, SNIFFED_BYTES)) ?? 'none'
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
  if (content !== undefined) return layerFile(content, diffId)
  const foreign = findForeignSource(entry, diffId)
  if (foreign !== undefined) return { kind: 'foreign-layer', diffId, descriptor: foreign }
  // Words the error.
  return layerFile(await getFile(tree, name, DOCKER_MANIFEST), diffId)
}

function findForeignSource(entry: DockerEntry, diffId: string): Descriptor | undefined {
  const source = Object.hasOwn(entry.sources, diffId) ? entry.sources[diffId] : undefined
  if (source === undefined) return undefined
  const descriptor = parseDescriptor(source, `${DOCKER_MANIFEST}, LayerSources["${diffId}"]`)
  const hasUrls = descriptor.urls !== undefined && descriptor.urls.length > 0
  return hasUrls && isForeignLayer(descriptor.mediaType) ? descriptor : undefined
}

function isForeign(layer: LayerFile | ForeignLayer | undefined): boolean {
  return layer?.kind === 'foreign-layer'
}

function parseList(bytes: Buffer): unknown[] {
  let list: unknown
  try {
    list = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw problem({ what: `${DOCKER_MANIFEST} is not JSON` }, error)
  }
  if (Array.isArray(list) && list.length > 0) return list
  const isDir = typeof list === 'object' && list !== null && 'schemaVersion' in list
  throw problem({
    what: `${DOCKER_MANIFEST} lists no images`,
    expected: 'a JSON array with at least one object, as docker save writes it',
    fix: isDir ? 'it is an image manifest: with skopeo, write oci: instead of dir:' : undefined
  })
}

function readEntry(item: unknown, name: string): DockerEntry {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw problem({ what: `${name} is no JSON object` })
  }
  const {
    Config: config,
    Layers: layers,
    RepoTags: tags,
    LayerSources: sources
  } = item as Record<string, unknown>
  if (typeof config !== 'string') throw problem({ what: `${name} names no config` })
  return {
    config: isSha256Digest(config) ? config : getNameInside(config, name),
    layers: stringsOf(layers, `${name}, Layers`).map((layer) => getNameInside(layer, name)),
    // Null for an image without a tag.
    references: tags === null || tags === undefined ? [] : stringsOf(tags, `${name}, RepoTags`),
    sources: typeof sources === 'object' && sources !== null ? { ...sources } : {}
  }
}

function stringsOf(value: unknown, name: string): string[] {
  // Null for an image without layers, as Go writes an empty list.
  const list: unknown = value ?? []
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  throw problem({ what: `${name} is no list of strings` })
}
