import { ActionError, problem } from '../../runner/errors.js'
import { sha256Digest } from '../../oci/digest.js'
import { MAX_MANIFEST_BYTES, parseJsonObject, parseManifest } from '../../oci/manifest.js'
import { platformKey } from '../../oci/platform.js'
import type { Descriptor } from '../../oci/manifest.js'
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPES } from '../../oci/media-types.js'
import { findBlob } from './blob.js'
import { findUnlistedReferrers } from './find-unlisted-referrers.js'
import { checkImageCount } from '../file-tree.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import type { Loaded, LoadGraph } from './oci-graph.js'
import { readContent } from '../read-content.js'
import { isTag, parseReference } from '../../oci/reference.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'

const INDEX = 'index.json'
const LAYOUT = 'oci-layout'

/** The annotations of containerd: the full reference of an image, and the subject of a referrer. */
const CONTAINERD_NAME = 'io.containerd.image.name'
const CONTAINERD_SUBJECT = 'io.containerd.manifest.subject'
/** OCI image specification, "Pre-Defined Annotation Keys". */
const REF_NAME = 'org.opencontainers.image.ref.name'

/** An image in `index.json`. */
export interface OciEntry {
  /** The descriptor of the manifest or index. */
  readonly descriptor: Descriptor
  /** The bytes of `index.json`, if that file is the index of the image. */
  readonly bytes?: Buffer
  /** Full references or tags. */
  readonly references: readonly string[]
  readonly tags: readonly string[]
}

/** A referrer that clients find by its tag, such as a signature of cosign. */
export interface TaggedReferrer {
  readonly descriptor: Descriptor
  readonly tag: string
  /** The digest of the image that it belongs to. */
  readonly subject: string
}

/** The entries of `index.json`. */
export interface OciLayout {
  readonly entries: readonly OciEntry[]
  /** Signatures, SBOMs and other referrers of the images. */
  readonly referrers: readonly Descriptor[]
  readonly taggedReferrers: readonly TaggedReferrer[]
  /** The media types of the entries that are neither manifests nor indexes of a supported type. */
  readonly otherTypes: readonly string[]
}

/**
 * Lists the images of an OCI layout. An image that is listed once per name is returned once. The manifests of an index
 * that are listed beside it without a name, as ORAS writes them, are not images of their own.
 *
 * @returns `undefined` if `index.json` does not exist
 * @throws ActionError if the layout is malformed
 */
export async function findOciLayout(
  tree: FileTree,
  load: LoadGraph
): Promise<OciLayout | undefined> {
  const content = await tree.find(INDEX)
  if (content === undefined) return undefined
  await checkVersion(tree)
  const bytes = await readContent(content, MAX_MANIFEST_BYTES)
  const index = parseManifest(bytes, INDEX, MEDIA_TYPES.ociIndex)
  const descriptors = index.kind === 'index' ? index.manifests : []
  const images = descriptors.filter(isImage)
  const otherTypes = descriptors.flatMap((each) => (isImage(each) ? [] : each.mediaType))
  const withoutReferrers = { referrers: [], taggedReferrers: [], otherTypes }
  if (isOneImage(images)) return { entries: [entryOfIndex(bytes)], ...withoutReferrers }
  const listed = groupByDigest(images)
  checkImageCount(listed.length, INDEX)
  const signatures = listed.filter((entry) => cosignSuffix(entry) !== undefined)
  const others = listed.filter((entry) => cosignSuffix(entry) === undefined)
  const referrers: OciEntry[] = []
  const candidates: OciEntry[] = []
  for (const entry of others) {
    const isOther = listed.length > 1 && (await isReferrer(tree, entry))
    ;(isOther ? referrers : candidates).push(entry)
  }
  if (candidates.length === 0) return { entries: listed, ...withoutReferrers }
  const entries = await withoutChildren(candidates, load)
  const unlisted = entries.some(isSavedByCosign) ? await findUnlistedReferrers(tree) : []
  return {
    entries,
    referrers: [...referrers.map((entry) => entry.descriptor), ...unlisted],
    taggedReferrers: [...referrers.flatMap(withOwnTag), ...tagSignatures(signatures, entries)],
    otherTypes
  }
}

/**
 * The suffixes of cosign's tags by the annotation `kind` of a layout that `cosign save` wrote
 * (https://github.com/sigstore/cosign/tree/main/pkg/oci/layout).
 */
const COSIGN_SUFFIXES: Readonly<Record<string, string>> = {
  'dev.cosignproject.cosign/sigs': 'sig',
  'dev.cosignproject.cosign/atts': 'att',
  'dev.cosignproject.cosign/sboms': 'sbom'
}

/** The beginning of the annotation `kind` of an image or index that `cosign save` wrote. */
const COSIGN_IMAGE = 'dev.cosignproject.cosign/image'

function isSavedByCosign({ descriptor }: OciEntry): boolean {
  return descriptor.annotations?.kind?.startsWith(COSIGN_IMAGE) === true
}

function cosignSuffix({ descriptor }: OciEntry): string | undefined {
  const kind = descriptor.annotations?.kind ?? ''
  return Object.hasOwn(COSIGN_SUFFIXES, kind) ? COSIGN_SUFFIXES[kind] : undefined
}

/** Returns the signatures and attestations of a layout that `cosign save` wrote. It has a single image. */
function tagSignatures(
  signatures: readonly OciEntry[],
  images: readonly OciEntry[]
): TaggedReferrer[] {
  const [image, another] = images
  if (image === undefined || another !== undefined) return []
  const { digest } = image.descriptor
  return signatures.map((entry) => ({
    descriptor: entry.descriptor,
    tag: `${digest.replace(':', '-')}.${cosignSuffix(entry) ?? ''}`,
    subject: digest
  }))
}

/** Returns a referrer once per tag of cosign that it has in the layout. */
function withOwnTag({ descriptor, tags }: OciEntry): TaggedReferrer[] {
  return tags.flatMap((tag) => {
    const subject = tag.includes('.') ? findReferrerTagSubject(tag) : undefined
    return subject === undefined ? [] : { descriptor, tag, subject }
  })
}

/** Removes the entries without a name that are manifests of another entry. */
async function withoutChildren(entries: readonly OciEntry[], load: LoadGraph): Promise<OciEntry[]> {
  if (entries.length < 2) return [...entries]
  const children = new Set<string>()
  const collect = (loaded: Loaded): void => {
    if (loaded.kind !== 'index') return
    for (const child of loaded.children) {
      children.add(child.descriptor.digest)
      collect(child)
    }
  }
  for (const { descriptor, bytes } of entries) {
    if (!isIndexMediaType(descriptor.mediaType)) continue
    try {
      collect(await load(descriptor, bytes))
    } catch (error) {
      // The error of a damaged image is reported when the image is chosen.
      if (!(error instanceof ActionError)) throw error
    }
  }
  return entries.filter(
    ({ descriptor, references }) => references.length > 0 || !children.has(descriptor.digest)
  )
}

async function checkVersion(tree: FileTree): Promise<void> {
  const content = await tree.find(LAYOUT)
  if (content === undefined) return
  const version = parseJsonObject(await readContent(content, 4096), LAYOUT).imageLayoutVersion
  if (typeof version === 'string' && version.startsWith('1.')) return
  throw problem({
    what: `The version of the OCI layout (${LAYOUT}) is not supported`,
    value: typeof version === 'string' ? version : 'none',
    expected: 'The version must be 1.0.0.'
  })
}

function isImage(descriptor: Descriptor): boolean {
  return isIndexMediaType(descriptor.mediaType) || isManifestMediaType(descriptor.mediaType)
}

/**
 * Returns `true` if `index.json` is the index of one image: it lists each platform once, and no entry has a name.
 * go-containerregistry (ko, apko) writes images for several platforms this way.
 */
function isOneImage(images: readonly Descriptor[]): boolean {
  const platforms = images
    .map((image) => image.platform)
    .filter((platform) => platform?.os !== 'unknown')
    .map((platform) => (platform === undefined ? undefined : platformKey(platform)))
  return (
    images.length > 1 &&
    platforms.length > 0 &&
    !platforms.includes(undefined) &&
    new Set(platforms).size === platforms.length &&
    images.every(
      (image) => referencesOf(image).length === 0 && !('kind' in (image.annotations ?? {}))
    )
  )
}

function entryOfIndex(bytes: Buffer): OciEntry {
  const descriptor = {
    mediaType: MEDIA_TYPES.ociIndex,
    digest: sha256Digest(bytes),
    size: bytes.length
  }
  return { descriptor, bytes, references: [], tags: [] }
}

function groupByDigest(images: readonly Descriptor[]): OciEntry[] {
  return [...groupBy(images, (image) => image.digest).values()].flatMap((group) => {
    const [descriptor] = group
    if (descriptor === undefined) return []
    const references = [...new Set(group.flatMap(referencesOf))]
    return { descriptor, references, tags: [...new Set(references.flatMap(tagOf))] }
  })
}

function referencesOf(descriptor: Descriptor): string[] {
  const name = descriptor.annotations?.[CONTAINERD_NAME] ?? descriptor.annotations?.[REF_NAME]
  return name === undefined || name === '' ? [] : [name]
}

function tagOf(reference: string): string[] {
  if (isTag(reference)) return [reference]
  const tag = parseReference(reference)?.tag
  return tag === undefined ? [] : [tag]
}

/**
 * Returns `true` for a referrer, and for an entry with only referrer tags or cosign tags. An entry that cannot be read
 * counts as an image, so that its error is reported when it is loaded.
 */
async function isReferrer(tree: FileTree, entry: OciEntry): Promise<boolean> {
  if (entry.descriptor.annotations?.[CONTAINERD_SUBJECT] !== undefined) return true
  if (entry.tags.length > 0) {
    return entry.tags.every((tag) => findReferrerTagSubject(tag) !== undefined)
  }
  try {
    const content = await findBlob(tree, entry.descriptor)
    if (content === undefined) return false
    const bytes = await readContent(content, MAX_MANIFEST_BYTES)
    const { subject } = parseJsonObject(bytes, content.name)
    return subject !== undefined && subject !== null
  } catch (error) {
    if (error instanceof ActionError) return false
    throw error
  }
}
