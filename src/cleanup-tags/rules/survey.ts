import { shortDigest } from '../../oci/digest.js'
import type { GraphQuestion, ManifestLinks } from '../../oci/image-graph.js'
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPES } from '../../oci/media-types.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory, ListedImage } from './inventory.js'
import type { Judgement } from './verdict.js'

/**
 * Reads that are spent on images that look like plain container images, since one of them could be a referrer all
 * the same. Beyond it the media type of the config is believed: 100,000 reads would take three hours.
 */
const MAX_READS_OF_PLAIN_IMAGES = 100

/** Manifests that are known to be no index, beside those of `isManifestMediaType`: none can be pushed any more. */
const OTHER_MANIFEST_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.oci.artifact.manifest.v1+json'
])

/**
 * Finds out which images may go: those that the rules let go and that nothing that stays needs. An image needs
 * the manifests of its index, at any depth; what refers to it (`subject`) and what is tagged as its companion
 * stays with it. Pure: it says what has to be read (`ask`) and is told (`learn…`), until nothing is left to ask.
 *
 * The images that stay only ever grow in number, so that the order of the answers does not matter and no cycle
 * (of companion tags, say) goes on for ever.
 */
export class Survey {
  /** Images that may go, as far as is known. */
  readonly doomed = new Set<string>()
  /** Why images stay that the rules would have let go. */
  readonly reasons = new Map<string, string>()
  /** What was read. */
  readonly links = new Map<string, ManifestLinks>()
  /** Indexes that could not be read. */
  readonly unreadable: string[] = []
  /** Images that look plain and were not asked for a subject, as there are too many. */
  uncheckedCount = 0

  private readonly kept = new Set<string>()
  private readonly companions = new Map<string, string[]>()
  private readonly referrers = new Map<string, string[]>()
  private readonly asked = new Set<string>()
  private canListReferrers = true

  constructor(
    private readonly inventory: Inventory,
    private readonly judgement: Judgement
  ) {
    const staying: string[] = []
    for (const image of inventory.images.values()) {
      for (const tag of image.tags) {
        const target = findReferrerTagSubject(tag)
        if (target !== undefined) append(this.companions, target, image.digest)
      }
      if (this.mayGo(image)) this.doomed.add(image.digest)
      else staying.push(image.digest)
    }
    for (const digest of staying) this.keep(digest)
  }

  private mayGo({ digest, tags }: ListedImage): boolean {
    if (this.inventory.unsettled.has(digest)) return false
    if (tags.length === 0) return this.judgement.untagged.get(digest)?.goes === true
    return tags.every((tag) => this.judgement.tags.get(tag)?.goes !== false)
  }

  /** What to read next, or `undefined` where all is known. */
  ask(): GraphQuestion | undefined {
    if (this.isSettled()) return undefined
    const indexes = this.unread(this.kept, (image) => mayBeIndex(image))
    if (indexes.length > 0) return { kind: 'manifests', digests: indexes }
    const candidates = this.unread(this.doomed, (image) => mayRefer(image) && !isPlain(image))
    if (candidates.length > 0) return { kind: 'manifests', digests: candidates }
    return this.askForPlainImages()
  }

  /** Once nothing may go, no answer matters any more. */
  isSettled(): boolean {
    return this.doomed.size === 0
  }

  private askForPlainImages(): GraphQuestion | undefined {
    const plain = this.unread(this.doomed, (image) => mayRefer(image))
    if (plain.length === 0) return undefined
    if (plain.length <= MAX_READS_OF_PLAIN_IMAGES) return { kind: 'manifests', digests: plain }
    if (this.canListReferrers && this.kept.size <= MAX_READS_OF_PLAIN_IMAGES) {
      const digests = [...this.kept].filter((digest) => !this.asked.has(digest))
      return digests.length === 0 ? undefined : { kind: 'referrers', digests }
    }
    const loose = this.withoutListed(plain)
    if (loose.length > 0 && loose.length <= MAX_READS_OF_PLAIN_IMAGES) {
      return { kind: 'manifests', digests: loose }
    }
    this.uncheckedCount = plain.length
    return undefined
  }

  /** Those that no index lists as one of its platforms, and that are the likelier to refer to another image. */
  private withoutListed(digests: readonly string[]): string[] {
    const listed = new Set([...this.links.values()].flatMap(({ children }) => children))
    return digests.filter((digest) => !listed.has(digest))
  }

  private unread(digests: Iterable<string>, isWanted: (image: ListedImage) => boolean): string[] {
    return [...digests].filter((digest) => {
      const image = this.inventory.images.get(digest)
      return image !== undefined && !this.links.has(digest) && isWanted(image)
    })
  }

  /** Takes in what a manifest refers to; `undefined` where it could not be read. */
  learnLinks(digest: string, links: ManifestLinks | undefined): void {
    this.links.set(digest, links ?? { children: [], subject: undefined })
    if (links === undefined) {
      this.protectFrom(digest)
      return
    }
    if (links.subject !== undefined) {
      append(this.referrers, links.subject, digest)
      if (this.kept.has(links.subject)) this.keep(digest, `refers to ${this.nameOf(links.subject)}`)
    }
    if (this.kept.has(digest)) this.keepChildren(digest)
  }

  /** Takes in what refers to an image: `undefined` where the registry cannot tell, `unreadable` where it failed to. */
  learnReferrers(digest: string, referrers: readonly string[] | 'unreadable' | undefined): void {
    this.asked.add(digest)
    if (referrers === undefined) {
      this.canListReferrers = false
    } else if (referrers === 'unreadable') {
      const reason = `what refers to ${this.nameOf(digest)} could not be read`
      const plain = this.unread(this.doomed, (image) => mayRefer(image))
      for (const candidate of plain) this.keep(candidate, reason)
    } else {
      for (const referrer of referrers) this.keep(referrer, `refers to ${this.nameOf(digest)}`)
    }
  }

  /** A manifest that cannot be read stays; if it may be an index, it may need anything. */
  private protectFrom(digest: string): void {
    const image = this.inventory.images.get(digest)
    this.keep(digest, 'its manifest could not be read')
    if (image === undefined || !mayBeIndex(image)) return
    this.unreadable.push(digest)
    const reason = `index ${this.nameOf(digest)} could not be read and may need it`
    for (const candidate of [...this.doomed]) this.keep(candidate, reason)
  }

  /** Lets an image stay, and with it all that it needs and that belongs to it. */
  private keep(digest: string, reason?: string): void {
    const pending: [string, string | undefined][] = [[digest, reason]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [current, why] = next
      if (this.kept.has(current) || !this.inventory.images.has(current)) continue
      this.kept.add(current)
      this.doomed.delete(current)
      if (why !== undefined) this.reasons.set(current, why)
      const name = this.nameOf(current)
      for (const child of this.links.get(current)?.children ?? []) {
        pending.push([child, `needed by ${name}`])
      }
      for (const companion of this.companions.get(current) ?? []) {
        pending.push([companion, `belongs to ${name}`])
      }
      for (const referrer of this.referrers.get(current) ?? []) {
        pending.push([referrer, `refers to ${name}`])
      }
    }
  }

  private keepChildren(digest: string): void {
    const reason = `needed by ${this.nameOf(digest)}`
    for (const child of this.links.get(digest)?.children ?? []) this.keep(child, reason)
  }

  /** An image as people know it: its first tag, else its digest in short. */
  nameOf(digest: string): string {
    return this.inventory.images.get(digest)?.tags[0] ?? shortDigest(digest)
  }
}

/** `false` only for what is known to be no index: a type that is not known, or not given, may be one. */
function mayBeIndex({ mediaType }: ListedImage): boolean {
  if (mediaType === undefined || isIndexMediaType(mediaType)) return true
  return !isManifestMediaType(mediaType) && !OTHER_MANIFEST_TYPES.has(mediaType)
}

/** Docker's manifests have no subject; OCI's manifests and indexes may have one. */
function mayRefer(image: ListedImage): boolean {
  const { mediaType } = image
  return (
    mayBeIndex(image) ||
    mediaType === MEDIA_TYPES.ociManifest ||
    mediaType === 'application/vnd.oci.artifact.manifest.v1+json'
  )
}

/** An image of a container by its config: not what signatures, attestations and SBOMs come as. */
function isPlain(image: ListedImage): boolean {
  const { artifactMediaType } = image
  if (mayBeIndex(image)) return false
  return (
    artifactMediaType === MEDIA_TYPES.ociConfig || artifactMediaType === MEDIA_TYPES.dockerConfig
  )
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
