import { problem } from '../../runner/errors.js'
import { jsonText, MAX_MANIFEST_BYTES, parseJsonObject, parseManifest } from '../../oci/manifest.js'
import type { Descriptor, Manifest, Platform } from '../../oci/manifest.js'
import { isIndexMediaType, isManifestMediaType } from '../../oci/media-types.js'
import { blobName, findBlob, readBlob } from './blob.js'
import { checkIsNotBuildCache } from './check-is-not-build-cache.js'
import { describeOtherTypes, NEW_IMAGE_ARCHIVE } from './describe-other-types.js'
import type { StoredBlob } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { loadBlobs } from './manifest-blobs.js'

/** A manifest of a layout with its blobs. */
export interface LoadedManifest {
  readonly kind: 'manifest'
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly manifest: Manifest
  /** `true` for a container image. An artifact can have any config and layers. */
  readonly isImage: boolean
  readonly platform: Platform | undefined
  readonly blobs: readonly StoredBlob[]
  /** Required blobs that the layout does not contain. */
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
  /** The number of manifests and indexes, including this one. Each occurrence counts. */
  readonly count: number
}

/** A manifest or index that the layout does not contain. */
export interface Absent {
  readonly kind: 'absent'
  readonly descriptor: Descriptor
}

/** A manifest or index of a layout, with everything below it. */
export type Loaded = LoadedManifest | LoadedIndex | Absent

/** The maximum depth of nested indexes. Builders use at most two levels. */
const MAX_DEPTH = 8

/** The maximum number of manifests and indexes per image. Each occurrence counts, which limits the time of a walk. */
const MAX_NODES = 1000

/** The maximum size of all manifests of a layout in bytes. They are kept in memory. */
const MAX_NODES_BYTES = 64 * 1024 ** 2

/** Loads a manifest or index with everything below it, each digest once. */
export type LoadGraph = (descriptor: Descriptor, bytes?: Buffer) => Promise<Loaded>

/**
 * Creates the loader of a layout. It checks the sizes of all blobs, and the digests of manifests, indexes and configs.
 * The digests of layers are checked when they are pushed.
 */
export function createGraphLoader(tree: FileTree): LoadGraph {
  const loaded = new Map<string, Loaded>()
  let bytesLeft = MAX_NODES_BYTES
  const load = async (descriptor: Descriptor, depth: number, given?: Buffer): Promise<Loaded> => {
    const known = loaded.get(descriptor.digest)
    // A manifest can be listed twice with different platforms or annotations.
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

/** Returns `true` if the layout contains everything that the image requires. */
export function isComplete(loaded: Loaded): boolean {
  if (loaded.kind === 'absent') return false
  if (loaded.kind === 'manifest') return loaded.missing.length === 0
  return loaded.children.every(isComplete)
}

/** Lists the manifests of an index, or the manifest itself, each digest once. */
export function listLeaves(loaded: Loaded): (LoadedManifest | Absent)[] {
  const leaves = new Map<string, LoadedManifest | Absent>()
  const visit = (node: Loaded): void => {
    if (node.kind === 'index') node.children.forEach(visit)
    else leaves.set(node.descriptor.digest, node)
  }
  visit(loaded)
  return [...leaves.values()]
}

/** Finds the manifest or index with this digest, at any depth. */
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
  checkIsManifest(descriptor, tree.path)
  return readBlob(content, descriptor.digest, MAX_MANIFEST_BYTES)
}

/** @throws ActionError if an index lists anything other than a manifest or an index, such as a layer */
function checkIsManifest({ digest, mediaType }: Descriptor, path: string): void {
  if (isManifestMediaType(mediaType) || isIndexMediaType(mediaType)) return
  const { list, fix } = describeOtherTypes([mediaType])
  throw problem({
    what: `An index in ${path} lists content that is not supported`,
    value: digest,
    reason: `The index lists ${list}.`,
    expected: 'An index must list OCI manifests or indexes, or Docker schema 2 manifests.',
    fix: fix ?? NEW_IMAGE_ARCHIVE
  })
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
  checkIsNotBuildCache(parsed, tree.path)
  if (parsed.kind === 'manifest') {
    return { kind: 'manifest', ...node, manifest: parsed, ...(await loadBlobs(tree, parsed)) }
  }
  if (parsed.manifests.length === 0)
    throw problem({ what: 'The index does not list any images', value: name })
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
 * Rejects a document that is an index for one client and a manifest for another
 * (CVE-2021-41190, https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh).
 */
function checkIsOneKind(bytes: Buffer, name: string, descriptor: Descriptor): void {
  const json = parseJsonObject(bytes, name)
  const isBoth =
    json.manifests !== undefined && (json.layers !== undefined || json.config !== undefined)
  const { mediaType } = json
  if (!isBoth && (mediaType === undefined || mediaType === descriptor.mediaType)) return
  throw problem({
    what: 'The media type of a manifest does not match its descriptor',
    value: name,
    reason: isBoth
      ? 'The document is a manifest and an index at the same time.'
      : `The media type is ${jsonText(mediaType)}.`,
    expected: `The descriptor requires ${descriptor.mediaType}.`
  })
}

function tooLarge(tree: FileTree): Error {
  return problem({
    what: 'An index in the archive is too large',
    value: tree.path,
    expected: `The maximum is ${MAX_NODES} manifests with ${MAX_NODES_BYTES} bytes in total, in ${MAX_DEPTH} levels.`,
    fix: 'Save fewer images in one index.'
  })
}
