import { ActionError, problem } from '../../runner/errors.js'
import { sha256Digest } from '../../oci/digest.js'
import {
  MAX_MANIFEST_BYTES,
  parseJsonObject,
  parseManifest,
  platformName
} from '../../oci/manifest.js'
import type { Descriptor } from '../../oci/manifest.js'
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPES } from '../../oci/media-types.js'
import { findBlob } from './blob.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import { checkImageCount, readWhole } from '../read-json.js'
import { isTag, parseReference } from '../../oci/reference.js'

const INDEX = 'index.json'
const LAYOUT = 'oci-layout'

/** containerd's annotations of an exported image: its full reference, and what a referrer refers to. */
const CONTAINERD_NAME = 'io.containerd.image.name'
const CONTAINERD_SUBJECT = 'io.containerd.manifest.subject'
/** OCI image specification, "Pre-Defined Annotation Keys". */
const REF_NAME = 'org.opencontainers.image.ref.name'

/** An image as `index.json` lists it. */
export interface OciEntry {
  /** Of the manifest or index. */
  readonly descriptor: Descriptor
  /** The bytes, where the image is `index.json` itself and no blob. */
  readonly bytes?: Buffer
  /** What it is called: a full reference, or only a tag. */
  readonly references: readonly string[]
  readonly tags: readonly string[]
}

/** What `index.json` lists. */
export interface OciLayout {
  readonly entries: readonly OciEntry[]
  /** Entries that only say something of another one: signatures, SBOMs and other referrers. */
  readonly companions: readonly Descriptor[]
}

/**
 * The images that an OCI layout lists; one that is listed under several names is one image.
 *
 * @returns `undefined` where there is no `index.json`
 * @throws ActionError where the layout is malformed
 */
export async function findOciLayout(tree: FileTree): Promise<OciLayout | undefined> {
  const content = await tree.find(INDEX)
  if (content === undefined) return undefined
  await checkVersion(tree)
  const bytes = await readWhole(content, MAX_MANIFEST_BYTES)
  const index = parseManifest(bytes, INDEX, MEDIA_TYPES.ociIndex)
  const images = (index.kind === 'index' ? index.manifests : []).filter(isImage)
  if (isOneImage(images)) return { entries: [entryOfIndex(bytes)], companions: [] }
  const listed = groupByDigest(images)
  checkImageCount(listed.length, INDEX)
  const companions: OciEntry[] = []
  const entries: OciEntry[] = []
  for (const entry of listed) {
    const isOther = listed.length > 1 && (await isCompanion(tree, entry))
    ;(isOther ? companions : entries).push(entry)
  }
  if (entries.length === 0) return { entries: companions, companions: [] }
  return { entries, companions: companions.map((entry) => entry.descriptor) }
}

async function checkVersion(tree: FileTree): Promise<void> {
  const content = await tree.find(LAYOUT)
  if (content === undefined) return
  const version = parseJsonObject(await readWhole(content, 4096), LAYOUT).imageLayoutVersion
  if (typeof version === 'string' && version.startsWith('1.')) return
  throw problem({
    what: `${LAYOUT} has a version that is not understood`,
    value: typeof version === 'string' ? version : 'none',
    expected: '1.0.0'
  })
}

function isImage(descriptor: Descriptor): boolean {
  return isIndexMediaType(descriptor.mediaType) || isManifestMediaType(descriptor.mediaType)
}

/**
 * `true` where `index.json` is itself the index of one image: platforms, each once, and attestations, none
 * with a name. That is how go-containerregistry (ko, apko) writes the image of several platforms.
 */
function isOneImage(images: readonly Descriptor[]): boolean {
  const platforms = images
    .map((image) => image.platform)
    .filter((platform) => platform?.os !== 'unknown')
    .map((platform) =>
      platform === undefined ? undefined : `${platformName(platform)} ${platform.osVersion ?? ''}`
    )
  return (
    images.length > 1 &&
    platforms.length > 0 &&
    !platforms.includes(undefined) &&
    new Set(platforms).size === platforms.length &&
    images.every((image) => referencesOf(image).length === 0)
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
 * Referrers, and the tags that stand for a list of them where a registry has none (`sha256-<hex>`, `.sig`,
 * `.att`). What cannot be read is taken for an image, whose error is then shown.
 */
async function isCompanion(tree: FileTree, entry: OciEntry): Promise<boolean> {
  if (entry.descriptor.annotations?.[CONTAINERD_SUBJECT] !== undefined) return true
  if (entry.tags.length > 0) return entry.tags.every((tag) => /^sha256-[0-9a-f]{64}/.test(tag))
  try {
    const content = await findBlob(tree, entry.descriptor)
    if (content === undefined) return false
    const bytes = await readWhole(content, MAX_MANIFEST_BYTES)
    const { subject } = parseJsonObject(bytes, content.name)
    return subject !== undefined && subject !== null
  } catch (error) {
    if (error instanceof ActionError) return false
    throw error
  }
}
