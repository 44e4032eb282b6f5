import { problem } from '../../runner/errors.js'
import { jsonText, MAX_MANIFEST_BYTES, parseJsonObject, parseManifest } from '../../oci/manifest.js'
import type { Descriptor, Manifest, Platform } from '../../oci/manifest.js'
import { blobName, findBlob, readBlob } from './blob.js'
import type { StoredBlob } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { loadBlobs } from './manifest-blobs.js'

/** A manifest of a layout with what the layout holds of it. */
export interface LoadedManifest {
  readonly kind: 'manifest'
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly manifest: Manifest
  readonly platform: Platform | undefined
  readonly blobs: readonly StoredBlob[]
  /** Blobs that it needs and the layout does not hold. */
  readonly missing: readonly Descriptor[]
}

/** An index of a layout with its children. */
export interface LoadedIndex {
  readonly kind: 'index'
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly mediaType: string
  readonly subject: Descriptor | undefined
  readonly children: readonly Loaded[]
  /** Manifests and indexes in it, counted as often as they are listed. */
  readonly count: number
}

/** A manifest or index that the layout does not hold. */
export interface Absent {
  readonly kind: 'absent'
  readonly descriptor: Descriptor
}

/** What a layout holds of an image. */
export type Loaded = LoadedManifest | LoadedIndex | Absent

/** How deep indexes may lie in each other. Builders nest one; nothing needs more than two. */
const MAX_DEPTH = 8

/** The most manifests and indexes of one image, counted as often as they are listed, so that every walk ends. */
const MAX_NODES = 1000

/** The most bytes of all manifests of one image, which are held in memory. */
const MAX_NODES_BYTES = 64 * 1024 ** 2

/** Loads manifests and indexes with all below them, each digest once. */
export type LoadGraph = (descriptor: Descriptor, bytes?: Buffer) => Promise<Loaded>

/**
 * A loader for one layout. Digests and sizes of manifests, indexes and configs are checked; of layers only
 * the sizes, as their digests are checked on their way to the registry.
 */
export function createGraphLoader(tree: FileTree): LoadGraph {
  const loaded = new Map<string, Loaded>()
  let bytesLeft = MAX_NODES_BYTES
  const load = async (descriptor: Descriptor, depth: number, given?: Buffer): Promise<Loaded> => {
    const known = loaded.get(descriptor.digest)
    // The same content may be listed with another platform or other annotations.
    if (known !== undefined) return { ...known, descriptor }
    const bytes = given ?? (await findManifest(tree, descriptor))
    bytesLeft -= bytes?.length ?? 0
    if (depth > MAX_DEPTH || loaded.size >= MAX_NODES || bytesLeft < 0) throw tooLarge(tree)
    const node: Loaded =
      bytes === undefined
        ? { kind: 'absent', descriptor }
        : await loadNode(tree, { descriptor, bytes }, (child) => load(child, depth + 1))
    loaded.set(descriptor.digest, node)
    return node
  }
  return (descriptor, bytes) => load(descriptor, 0, bytes)
}

/** `true` where all that the image needs is there. */
export function isComplete(loaded: Loaded): boolean {
  if (loaded.kind === 'absent') return false
  if (loaded.kind === 'manifest') return loaded.missing.length === 0
  return loaded.children.every(isComplete)
}

/** The manifests below, the node itself where it is one; each digest once. */
export function listLeaves(loaded: Loaded): (LoadedManifest | Absent)[] {
  const leaves = new Map<string, LoadedManifest | Absent>()
  const visit = (node: Loaded): void => {
    if (node.kind === 'index') node.children.forEach(visit)
    else leaves.set(node.descriptor.digest, node)
  }
  visit(loaded)
  return [...leaves.values()]
}

/** The node with this digest, at any depth. */
export function findNode(loaded: Loaded, digest: string): Loaded | undefined {
  if (loaded.descriptor.digest === digest) return loaded
  if (loaded.kind !== 'index') return undefined
  for (const child of loaded.children) {
    const found = findNode(child, digest)
    if (found !== undefined) return found
  }
  return undefined
}

async function findManifest(tree: FileTree, descriptor: Descriptor): Promise<Buffer | undefined> {
  const content = await findBlob(tree, descriptor)
  if (content === undefined) return undefined
  return readBlob(content, descriptor.digest, MAX_MANIFEST_BYTES)
}

async function loadNode(
  tree: FileTree,
  node: { readonly descriptor: Descriptor; readonly bytes: Buffer },
  loadChild: (descriptor: Descriptor) => Promise<Loaded>
): Promise<LoadedManifest | LoadedIndex> {
  const { descriptor, bytes } = node
  const name = blobName(descriptor.digest)
  checkIsOneKind(bytes, name, descriptor)
  const parsed = parseManifest(bytes, name, descriptor.mediaType)
  if (parsed.kind === 'manifest') {
    return { kind: 'manifest', ...node, manifest: parsed, ...(await loadBlobs(tree, parsed)) }
  }
  if (parsed.manifests.length === 0) throw problem({ what: `${name} is an index without images` })
  const children: Loaded[] = []
  let count = 1
  for (const each of parsed.manifests) {
    const child = await loadChild(each)
    children.push(child)
    count += child.kind === 'index' ? child.count : 1
    if (count > MAX_NODES) throw tooLarge(tree)
  }
  const { mediaType, subject } = parsed
  return { kind: 'index', ...node, mediaType, subject, children, count }
}

/**
 * A document that one client takes for an index and another for a manifest is refused
 * (CVE-2021-41190, https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh).
 */
function checkIsOneKind(bytes: Buffer, name: string, descriptor: Descriptor): void {
  const json = parseJsonObject(bytes, name)
  const isBoth =
    json.manifests !== undefined && (json.layers !== undefined || json.config !== undefined)
  const { mediaType } = json
  if (!isBoth && (mediaType === undefined || mediaType === descriptor.mediaType)) return
  throw problem({
    what: `${name} is not what it is listed as`,
    value: isBoth ? 'a manifest and an index at once' : jsonText(mediaType),
    expected: descriptor.mediaType
  })
}

function tooLarge(tree: FileTree): Error {
  return problem({
    what: `${tree.path} has an index of too many manifests`,
    expected: `at most ${MAX_NODES} manifests, ${MAX_NODES_BYTES} bytes of them, ${MAX_DEPTH} levels`
  })
}
