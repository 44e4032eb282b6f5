import type { Log } from '../../runner/deps.js'
import { limitMemory } from '../../runner/limit-memory.js'
import { isSameSet } from '../rules/inventory.js'
import type { ListedImage } from '../rules/inventory.js'
import type { PlannedDeletion } from '../rules/plan-retention.js'
import type { RetentionRow } from '../rules/retention-row.js'
import { deleteBatch } from './delete-batch.js'
import type { BatchResult } from './delete-batch.js'
import { hasLostTag, toFinalOutcome } from './deletion-outcome.js'
import type { DeletionOutcome, FinalOutcome, RefusedDeletion } from './deletion-outcome.js'
import { findImages, MAX_IMAGE_IDS } from './find-images.js'
import type { ImageLookup } from './find-images.js'
import type { ObservedServiceBehavior } from './observed-service-behavior.js'

/** The state of an image that its deletion requires. */
export interface ExpectedImage {
  readonly tags: readonly string[]
  readonly pushedAt: number | undefined
}

/** The repository in which the deletions are carried out. */
export interface DeletionScope extends ImageLookup {
  readonly log: Log
  readonly signal: AbortSignal
  readonly behavior: ObservedServiceBehavior
  /** Returns the text of an error for users. */
  readonly explain: (error: unknown) => string
}

/** A deletion that did not succeed, or was not attempted. */
interface UnsuccessfulDeletion {
  readonly deletion: PlannedDeletion
  readonly outcome: Exclude<DeletionOutcome, { readonly kind: 'deleted' }>
}

/** The number of consecutive failed calls, each after all its attempts, after which the repository is given up. */
const MAX_CONSECUTIVE_ERRORS = 3

/** Errors after which no further call can succeed. */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'RepositoryNotFoundException',
  'UnrecognizedClientException',
  'UnsupportedCommandException'
])

/** The deletions of one repository while they are carried out. */
export class DeletionRun {
  /** The deletions that did not succeed. The other ones are not stored, because there can be 100,000 of them. */
  private readonly unsuccessful = new Map<RetentionRow, UnsuccessfulDeletion>()
  /** Digests of the images that do not exist any more. Only images whose deletion has an outcome. */
  private readonly gone = new Set<string>()
  /** By digest, the images that lost a tag in this run. */
  private readonly changed = new Map<string, ExpectedImage>()
  private readonly refusedImages = new Set<string>()
  private count = 0
  private consecutiveErrors = 0
  private finalError: string | undefined

  /** @param listed the images as listed, by digest */
  constructor(
    private readonly listed: ReadonlyMap<string, ExpectedImage>,
    private readonly scope: DeletionScope
  ) {}

  /** Carries out deletions phase by phase. Within a phase, the given order is kept. */
  async deleteAll(deletions: readonly PlannedDeletion[]): Promise<void> {
    let batch: PlannedDeletion[] = []
    for (const deletion of deletions.toSorted((a, b) => a.phase - b.phase)) {
      const isNextPhase = batch[0] !== undefined && batch[0].phase !== deletion.phase
      if (batch.length === MAX_IMAGE_IDS || isNextPhase) {
        await this.deleteBatch(batch)
        batch = []
      }
      batch.push(deletion)
    }
    if (batch.length > 0) await this.deleteBatch(batch)
  }

  /** Returns the refused deletions and the ones that wait for them, by phase, and allows to retry them. */
  takeRefused(): RefusedDeletion[] {
    this.refusedImages.clear()
    const refused = [...this.unsuccessful.values()].flatMap(
      ({ deletion, outcome }): RefusedDeletion[] =>
        outcome.kind === 'refused' ? [{ deletion, outcome }] : []
    )
    return refused.sort((a, b) => a.deletion.phase - b.deletion.phase)
  }

  /** Returns whether the image of one of these deletions does not exist any more. */
  isDeleted(digest: string): boolean {
    return this.gone.has(digest)
  }

  /** Returns the final outcomes of the deletions that did not succeed. */
  finish(): Map<RetentionRow, FinalOutcome> {
    const final = new Map<RetentionRow, FinalOutcome>()
    for (const [row, { deletion, outcome }] of this.unsuccessful) {
      final.set(row, toFinalOutcome(deletion, outcome))
    }
    return final
  }

  private async deleteBatch(batch: readonly PlannedDeletion[]): Promise<void> {
    const attempted = await this.attempt(batch)
    const deleted = attempted.filter(
      ({ kind, row }) => kind === 'image-by-tag' && !this.unsuccessful.has(row)
    )
    const untagged = await this.findUntagged(deleted)
    for (const { row } of untagged) {
      this.gone.delete(row.digest)
      this.changed.set(row.digest, { tags: [], pushedAt: this.listed.get(row.digest)?.pushedAt })
    }
    const { behavior, log, repository } = this.scope
    const again = await this.attempt(untagged)
    const areDeleted = untagged.every(({ row }) => this.isDeleted(row.digest))
    if (untagged.length > 0 && again.length === 0 && areDeleted) behavior.setDeletesUntagged()
    this.count += batch.length
    await limitMemory()
    log.debug(`${repository.repositoryName}: ${this.count} deletions processed`)
  }

  /**
   * Returns deletions by digest for the images that can still exist after their last tag was deleted. If the lookup fails,
   * all of them can.
   */
  private async findUntagged(deleted: readonly PlannedDeletion[]): Promise<PlannedDeletion[]> {
    const [first] = deleted
    if (first === undefined) return []
    const { behavior, signal } = this.scope
    try {
      if (!(await behavior.mayKeepUntagged(this.scope, first.row.digest))) return []
    } catch (error) {
      signal.throwIfAborted()
      this.recordCall({ unexpected: [], error })
    }
    return deleted.map((deletion): PlannedDeletion => ({ ...deletion, kind: 'image' }))
  }

  /** Deletes what has not changed since it was listed. Returns the deletions that were attempted. */
  private async attempt(batch: readonly PlannedDeletion[]): Promise<PlannedDeletion[]> {
    const unblocked = batch.filter((deletion) => this.checkUnblocked(deletion))
    const unchanged = await this.filterUnchanged(unblocked)
    if (unchanged.length === 0) return []
    const result = await deleteBatch(this.scope, unchanged, this.scope.signal)
    this.recordCall(result)
    for (const [deletion, outcome] of result.outcomes) this.record(deletion, outcome)
    return unchanged
  }

  /** Returns `false` and records the outcome if an error or another deletion blocks this one. */
  private checkUnblocked(deletion: PlannedDeletion): boolean {
    if (this.finalError !== undefined) {
      const reason = `not attempted after an earlier error: ${this.finalError}`
      this.record(deletion, { kind: 'failed', reason })
      return false
    }
    const refused = deletion.after.find((digest) => this.refusedImages.has(digest))
    if (refused !== undefined) {
      const reason = keptFirst(refused)
      this.record(deletion, { kind: 'refused', reason, isWaiting: true, holders: [] })
      return false
    }
    const kept = deletion.after.find((digest) => !this.isDeleted(digest))
    if (kept !== undefined) {
      this.record(deletion, keepOutcome(keptFirst(kept)))
      return false
    }
    return true
  }

  /** Reads the images of a batch right before the deletion, and records the changed ones as kept. */
  private async filterUnchanged(batch: readonly PlannedDeletion[]): Promise<PlannedDeletion[]> {
    const digests = new Set(batch.map(({ row }) => row.digest))
    let images: Map<string, ListedImage>
    try {
      const found = await findImages(
        this.scope,
        [...digests].map((imageDigest) => ({ imageDigest }))
      )
      images = new Map(found.map((image) => [image.digest, image]))
    } catch (error) {
      this.scope.signal.throwIfAborted()
      const reason = `not attempted because its current state could not be read: ${this.scope.explain(error)}`
      for (const deletion of batch) this.record(deletion, { kind: 'failed', reason })
      this.recordCall({ unexpected: [], error })
      return []
    }
    return batch.filter((deletion) => {
      const change = this.findChange(deletion, images.get(deletion.row.digest))
      if (change !== undefined) this.record(deletion, change)
      return change === undefined
    })
  }

  /**
   * Returns why an image or tag is kept, or `undefined`.
   *
   * Invariant: it is deleted only if its image still has the tags and the push time that were listed, without those that
   * this run deleted. A whole image is deleted only with its last tag, and a tag alone only if another one remains.
   */
  private findChange(
    { kind, row }: PlannedDeletion,
    image: ListedImage | undefined
  ): DeletionOutcome | undefined {
    const expected = this.findExpected(row.digest)
    if (image === undefined || expected === undefined) return keepOutcome('already deleted', true)
    const isSame =
      isSameSet(image.tags, expected.tags) &&
      image.pushedAt === expected.pushedAt &&
      (kind === 'image' || expected.tags.includes(row.tag ?? ''))
    if (!isSame) {
      const tags = image.tags.length === 0 ? 'none' : image.tags.join(', ')
      return keepOutcome(`its image changed after it was listed; its tags are now: ${tags}`)
    }
    const others = expected.tags.length - (kind === 'image' ? 0 : 1)
    if (kind !== 'tag' && others > 0) {
      return keepOutcome('another tag of its image could not be deleted')
    }
    if (kind === 'tag' && others === 0) return keepOutcome('it is now the last tag of its image')
    return undefined
  }

  /** Returns the state that an image must have, or `undefined` if it does not exist any more. */
  private findExpected(digest: string): ExpectedImage | undefined {
    return this.gone.has(digest) ? undefined : (this.changed.get(digest) ?? this.listed.get(digest))
  }

  private record(deletion: PlannedDeletion, outcome: DeletionOutcome): void {
    const { kind, row } = deletion
    const ownOutcome = withTag(deletion, outcome)
    if (ownOutcome.kind === 'deleted') this.unsuccessful.delete(row)
    else this.unsuccessful.set(row, { deletion, outcome: ownOutcome })
    if (outcome.kind === 'deleted' && kind === 'tag') {
      const image = this.findExpected(row.digest)
      if (image !== undefined) this.changed.set(row.digest, withoutTag(image, row.tag))
    }
    if (kind === 'tag') return
    if (outcome.kind === 'refused') this.refusedImages.add(row.digest)
    const isGone = outcome.kind === 'deleted' || (outcome.kind === 'kept' && outcome.isGone)
    if (isGone) this.gone.add(row.digest)
    else this.gone.delete(row.digest)
  }

  private recordCall({ error, unexpected }: Pick<BatchResult, 'error' | 'unexpected'>): void {
    const { explain, log, repository } = this.scope
    for (const message of unexpected) log.warning(`${repository.repositoryName}: ${message}`)
    if (error === undefined) {
      this.consecutiveErrors = 0
      return
    }
    const text = explain(error)
    log.warning(`${repository.repositoryName}: ${text}`)
    this.consecutiveErrors++
    const isFinal = error instanceof Error && FINAL_ERRORS.has(error.name)
    if (isFinal || this.consecutiveErrors >= MAX_CONSECUTIVE_ERRORS) this.finalError = text
  }
}

function withoutTag({ tags, pushedAt }: ExpectedImage, removed: string | undefined): ExpectedImage {
  return { tags: tags.filter((tag) => tag !== removed), pushedAt }
}

/** Adds to the outcome of an image that was kept without its last tag that the tag is deleted. */
function withTag(deletion: PlannedDeletion, outcome: DeletionOutcome): DeletionOutcome {
  if (!hasLostTag(deletion)) return outcome
  if (outcome.kind === 'kept') return { kind: 'deleted' }
  if (outcome.kind === 'deleted') return outcome
  return { ...outcome, reason: `its tag was deleted but its image was not: ${outcome.reason}` }
}

function keptFirst(digest: string): string {
  return `${digest} must be deleted first, but was kept`
}

function keepOutcome(reason: string, isGone = false): DeletionOutcome {
  return { kind: 'kept', reason, isGone }
}
