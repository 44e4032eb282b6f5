import { shortDigest } from '../../oci/digest.js'
import type { GraphQuestion, GraphReader, ManifestLinks } from '../../oci/image-graph.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Decisions } from './decision.js'
import { createForeignReason } from './foreign-referrers.js'
import type { ForeignReason } from './foreign-referrers.js'
import { canBeIndex, canKeepSubject, canRefer, mustBeRead } from './image-kinds.js'
import type { Inventory, ListedImage } from './inventory.js'
import type { StepFacts } from './step-facts.js'

/**
 * The limits for the reads whose result is expected from the listing already. The service allows ten reads per second.
 */
export interface ReadLimits {
  /**
   * The maximum number of images and indexes to delete whose manifests are read only to find out whether they have a
   * subject. If there are more, a dry run trusts the media types, and a real run trusts them only for listed images.
   */
  readonly subjects: number
  /** The maximum number of kept images whose referrers are listed instead if there are more. */
  readonly referrers: number
  /** `true` if the plan is carried out. The order of the deletions requires the manifests of the indexes to delete. */
  readonly isCarriedOut: boolean
}

/**
 * Finds the images that can be deleted: those that the rules select and that no kept image needs. An index needs its
 * manifests at any depth, and an index or artifact needs its `subject` if that is untagged. Referrers (by `subject` or by
 * tag) are kept with their image.
 *
 * Invariant: an image is deleted only if the rules select it, or if each of its tags is selected or refers to another
 * image that is deleted; cycles of referrer tags are not a reason. It is kept if a kept image lists it, if it refers to a
 * kept image, if its image can be in another repository, if it is the untagged subject of a kept index or artifact, or if
 * a manifest that might list it or refer to it could not be read.
 *
 * It requests manifests with `ask` and receives them with `learn…`. Each answer can only add to the kept images, so the
 * order of the answers does not matter and cycles are safe.
 */
export class ReferenceAnalysis implements GraphReader {
  /** Digests of the images to delete. */
  readonly toDelete = new Set<string>()
  /** By digest, why an image is kept although the rules select it. */
  readonly reasons = new Map<string, string>()
  /** By digest, the links of the manifests that were read. */
  readonly links = new Map<string, ManifestLinks>()
  /** Digests of indexes that could not be read. */
  readonly unreadable: string[] = []
  /** Digests of artifacts that could not be read and therefore keep untagged images. */
  readonly unreadableArtifacts: string[] = []
  /** Digests of referrers that are kept because their image can be in another repository. */
  readonly foreign = new Set<string>()
  /** Number of images and indexes that a dry run assumes not to have a subject. */
  uncheckedCount = 0
  /** `false` if the manifests of the indexes to delete are too many to read them in a dry run. */
  readsDeletedIndexes = true

  private readonly kept = new Set<string>()
  private readonly referrerTagged = new Map<string, string[]>()
  private readonly referrers = new Map<string, string[]>()
  private readonly asked = new Set<string>()
  private canListReferrers = true

  private readonly foreignReason: ForeignReason

  constructor(
    private readonly inventory: Inventory,
    private readonly decisions: Decisions,
    facts: Pick<StepFacts, 'findHolder' | 'unlisted'>,
    private readonly limits: ReadLimits
  ) {
    this.foreignReason = createForeignReason(inventory, facts)
    for (const { digest, tags } of inventory.images.values()) {
      for (const tag of tags) {
        const target = findReferrerTagSubject(tag)
        if (target !== undefined) append(this.referrerTagged, target, digest)
      }
    }
    this.selectImages()
    for (const digest of inventory.images.keys()) {
      if (!this.toDelete.has(digest)) this.keep(digest)
    }
  }

  /** Selects the images that the rules select, and then their referrers by tag, until nothing changes. */
  private selectImages(): void {
    const { images } = this.inventory
    for (const image of images.values()) {
      if (this.isSelected(image)) this.toDelete.add(image.digest)
    }
    // A set can grow during its iteration. The least set is computed, so that a cycle does not select itself.
    for (const digest of this.toDelete) {
      for (const referrer of this.referrerTagged.get(digest) ?? []) {
        const image = images.get(referrer)
        if (image !== undefined && this.isSelected(image)) this.toDelete.add(referrer)
      }
    }
  }

  private isSelected({ digest, tags }: ListedImage): boolean {
    if (this.inventory.unsettled.has(digest)) return false
    if (tags.length === 0) return this.decisions.untagged.get(digest)?.action === 'delete'
    return tags.every((tag) => {
      const decision = this.decisions.tags.get(tag)
      if (decision !== undefined) return decision.action === 'delete'
      return this.toDelete.has(findReferrerTagSubject(tag) ?? '')
    })
  }

  /** Returns what to read next, or `undefined` if the analysis is complete. */
  ask(): GraphQuestion | undefined {
    if (this.isSettled()) return undefined
    const indexes = this.listUnread(this.kept, (image) => canBeIndex(image))
    if (indexes.length > 0) return { kind: 'manifests', digests: indexes }
    const referrers = this.listKeptReferrers()
    if (referrers.length > 0) return { kind: 'manifests', digests: referrers }
    const artifacts = this.listUnread(this.toDelete, (image) => mustBeRead(image))
    if (artifacts.length > 0) return { kind: 'manifests', digests: artifacts }
    const deletedIndexes = this.listUnread(this.toDelete, (image) => canBeIndex(image))
    if (this.mustReadDeleted(deletedIndexes)) return { kind: 'manifests', digests: deletedIndexes }
    return this.askForSubjects()
  }

  /** Returns `true` if no image is left to delete, so that further answers cannot change anything. */
  isSettled(): boolean {
    return this.toDelete.size === 0
  }

  /** Lists the kept artifacts to read. An untagged image to delete can be their subject. */
  private listKeptReferrers(): string[] {
    const isNeeded = [...this.toDelete].some((digest) => this.isUntagged(digest))
    return isNeeded ? this.listUnread(this.kept, (image) => canKeepSubject(image)) : []
  }

  /**
   * Decides whether to read the indexes to delete. A few are read to report the images that they no longer reference.
   * More are read only if the plan is carried out and can contain their images, which must be deleted after them.
   */
  private mustReadDeleted(indexes: readonly string[]): boolean {
    if (indexes.length === 0) return false
    this.readsDeletedIndexes &&= indexes.length <= this.limits.subjects
    if (this.readsDeletedIndexes) return true
    if (!this.limits.isCarriedOut) return false
    return [...this.toDelete].some((digest) => {
      const image = this.inventory.images.get(digest)
      return image !== undefined && !canBeIndex(image)
    })
  }

  /**
   * Returns the reads that find out whether an image to delete refers to another image. A real run never relies on the
   * media type of an image that no index lists: it reads the untagged ones, whose subjects can be in other repositories,
   * and either the tagged ones or the referrers of the kept images, whichever are fewer.
   */
  private askForSubjects(): GraphQuestion | undefined {
    const images = this.listUnread(this.toDelete, (image) => canRefer(image))
    if (images.length === 0) return undefined
    const { subjects, referrers, isCarriedOut } = this.limits
    if (images.length <= subjects) return { kind: 'manifests', digests: images }
    const unlisted = this.withoutListed(images)
    const untagged = unlisted.filter((digest) => this.isUntagged(digest))
    if (isCarriedOut && untagged.length > 0) return { kind: 'manifests', digests: untagged }
    const maxKept = isCarriedOut ? Math.max(referrers, unlisted.length) : referrers
    if (this.canListReferrers && this.kept.size <= maxKept) {
      const digests = [...this.kept].filter((digest) => !this.asked.has(digest))
      return digests.length === 0 ? undefined : { kind: 'referrers', digests }
    }
    if (unlisted.length > 0 && (isCarriedOut || unlisted.length <= subjects)) {
      return { kind: 'manifests', digests: unlisted }
    }
    if (!isCarriedOut) this.uncheckedCount = images.length
    return undefined
  }

  private isUntagged(digest: string): boolean {
    return this.inventory.images.get(digest)?.tags.length === 0
  }

  /** Returns the images that no index lists. They are more likely to have a subject than platform images. */
  private withoutListed(digests: readonly string[]): string[] {
    const listed = new Set([...this.links.values()].flatMap(({ children }) => children))
    return digests.filter((digest) => !listed.has(digest))
  }

  private listUnread(
    digests: Iterable<string>,
    isRequired: (image: ListedImage) => boolean
  ): string[] {
    const unread: string[] = []
    for (const digest of digests) {
      const image = this.inventory.images.get(digest)
      if (image !== undefined && !this.links.has(digest) && isRequired(image)) unread.push(digest)
    }
    return unread
  }

  /** Receives the links of a manifest, or `undefined` if it could not be read. */
  learnLinks(digest: string, links: ManifestLinks | undefined): void {
    this.links.set(digest, links ?? { children: [], subject: undefined })
    if (links === undefined) {
      this.keepUnreadable(digest)
      return
    }
    if (links.subject !== undefined) {
      append(this.referrers, links.subject, digest)
      if (this.kept.has(links.subject)) this.keep(digest, `refers to ${this.nameOf(links.subject)}`)
      if (!this.inventory.images.has(links.subject)) this.keepForeign(digest, links.subject)
    }
    if (!this.kept.has(digest)) return
    for (const [other, reason] of this.listNeeded(digest)) this.keep(other, reason)
  }

  /**
   * Receives the referrers of an image, `'unreadable'` if the request failed, or `undefined` if the registry does not
   * have a referrers API.
   */
  learnReferrers(digest: string, referrers: readonly string[] | 'unreadable' | undefined): void {
    this.asked.add(digest)
    if (referrers === undefined) {
      this.canListReferrers = false
    } else if (referrers === 'unreadable') {
      const reason = `the referrers of ${this.nameOf(digest)} could not be read`
      const images = this.listUnread(this.toDelete, (image) => canRefer(image))
      for (const image of images) this.keep(image, reason)
    } else {
      for (const referrer of referrers) this.keep(referrer, `refers to ${this.nameOf(digest)}`)
    }
  }

  /** Keeps a referrer whose image can be in another repository. */
  private keepForeign(digest: string, subject: string): void {
    const reason = this.foreignReason(subject)
    if (reason === undefined || !this.toDelete.has(digest)) return
    this.foreign.add(digest)
    this.keep(digest, reason)
  }

  /**
   * Keeps an image whose manifest could not be read. If it can be an index, it can need every other image. An artifact can
   * refer to every untagged image.
   */
  private keepUnreadable(digest: string): void {
    const image = this.inventory.images.get(digest)
    this.keep(digest, 'its manifest could not be read')
    if (image === undefined || !canKeepSubject(image)) return
    const isIndex = canBeIndex(image)
    const others = [...this.toDelete].filter((other) => isIndex || this.isUntagged(other))
    if (isIndex) this.unreadable.push(digest)
    else if (others.length > 0) this.unreadableArtifacts.push(digest)
    const [noun, verb] = isIndex ? ['index', 'need'] : ['artifact', 'refer to']
    const reason = `${noun} ${this.nameOf(digest)} could not be read and might ${verb} it`
    for (const other of others) this.keep(other, reason)
  }

  /** Keeps an image, the images that it needs, and its referrers. */
  private keep(digest: string, reason?: string): void {
    const pending: [string, string | undefined][] = [[digest, reason]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [current, why] = next
      if (this.kept.has(current) || !this.inventory.images.has(current)) continue
      this.kept.add(current)
      this.toDelete.delete(current)
      if (why !== undefined) this.reasons.set(current, why)
      const name = this.nameOf(current)
      for (const needed of this.listNeeded(current)) pending.push(needed)
      for (const referrer of this.referrerTagged.get(current) ?? []) {
        pending.push([referrer, `refers to ${name} by its tag`])
      }
      for (const referrer of this.referrers.get(current) ?? []) {
        pending.push([referrer, `refers to ${name}`])
      }
    }
  }

  /** Lists the images that a kept image needs, with the reasons. A subject with tags is not among them. */
  private listNeeded(digest: string): [digest: string, reason: string][] {
    const image = this.inventory.images.get(digest)
    const links = this.links.get(digest)
    if (image === undefined || links === undefined) return []
    const { children, subject } = links
    const name = this.nameOf(digest)
    const needed = children.map((child): [string, string] => [child, `needed by ${name}`])
    if (subject !== undefined && this.isUntagged(subject) && canKeepSubject(image)) {
      needed.push([subject, `the subject of ${name}`])
    }
    return needed
  }

  /** Returns the name of an image for reasons: its first tag, or its shortened digest. */
  nameOf(digest: string): string {
    return this.inventory.images.get(digest)?.tags[0] ?? shortDigest(digest)
  }
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
