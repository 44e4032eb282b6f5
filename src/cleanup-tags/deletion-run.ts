import type { Log } from '../runner/deps.js'
import { isSameSet } from './rules/inventory.js'
import type { ListedImage } from './rules/inventory.js'
import type { Deletion, Row } from './rules/retention-plan.js'
import { deleteBatch } from './delete-batch.js'
import type { BatchResult } from './delete-batch.js'
import { lookUpImages, MAX_IMAGE_IDS } from './look-up-images.js'
import type { LookUpScope } from './look-up-images.js'
import type { ServiceHabits } from './service-habits.js'
import type { Outcome, Refusal } from './outcome.js'

/** What an image has to look like for a deletion to be still right. */
export interface ExpectedImage {
  readonly tags: Set<string>
  readonly pushedAt: number | undefined
}

/** How a deletion ended; `refused` ones were tried twice and have failed. */
export type FinalOutcome = Exclude<Outcome, Refusal>

/** A deletion that was refused. */
export interface Entry {
  readonly deletion: Deletion
  readonly outcome: Refusal
}

/** Where the deletions take place. */
export interface DeletionScope extends LookUpScope {
  readonly log: Log
  readonly signal: AbortSignal
  readonly habits: ServiceHabits
  /** Errors of the service in words. */
  readonly explain: (error: unknown) => string
}

/** Calls that may fail in a row, each tried to the end, before the repository is given up. */
const MAX_ERRORS_IN_A_ROW = 3

/** After these no further call can succeed. */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'RepositoryNotFoundException',
  'UnrecognizedClientException',
  'UnsupportedCommandException'
])

/** The deletions of one repository while they are carried out, and what came of each. */
export class DeletionRun {
  private readonly outcomes = new Map<Row, { deletion: Deletion; outcome: Outcome }>()
  /** Images whose deletion has ended, and whether they are gone. */
  private readonly isGone = new Map<string, boolean>()
  private readonly refusedImages = new Set<string>()
  private errorsInARow = 0
  private givenUp: string | undefined

  constructor(
    private readonly expected: Map<string, ExpectedImage>,
    private readonly scope: DeletionScope
  ) {}

  /** Deletes wave by wave; of several deletions of one wave, in the order given. */
  async pass(deletions: readonly Deletion[]): Promise<void> {
    let batch: Deletion[] = []
    for (const deletion of deletions.toSorted((a, b) => a.wave - b.wave)) {
      const isNextWave = batch[0] !== undefined && batch[0].wave !== deletion.wave
      if (batch.length === MAX_IMAGE_IDS || isNextWave) {
        await this.deleteBatch(batch)
        batch = []
      }
      batch.push(deletion)
    }
    if (batch.length > 0) await this.deleteBatch(batch)
  }

  /** What the service refused as still referenced, and what waits for it, by waves. They can be tried once more. */
  takeRefused(): Entry[] {
    this.refusedImages.clear()
    const refused = [...this.outcomes.values()].flatMap(({ deletion, outcome }): Entry[] =>
      outcome.kind === 'refused' ? [{ deletion, outcome }] : []
    )
    return refused.sort((a, b) => a.deletion.wave - b.deletion.wave)
  }

  /** Whether an image of these deletions is gone. */
  hasGone(digest: string): boolean {
    return this.isGone.get(digest) === true
  }

  /** How each deletion ended. */
  finish(): Map<Row, FinalOutcome> {
    const final = new Map<Row, FinalOutcome>()
    for (const [row, entry] of this.outcomes) final.set(row, finalOf(entry))
    return final
  }

  private async deleteBatch(batch: readonly Deletion[]): Promise<void> {
    const byTag = batch.filter(({ kind }) => kind === 'image-by-tag')
    const listed = new Map(byTag.map(({ row }) => [row.digest, this.expected.get(row.digest)]))
    await this.attempt(batch)
    const deleted = byTag.filter(({ row }) => this.outcomes.get(row)?.outcome.kind === 'deleted')
    const untagged = await this.findUntagged(deleted)
    for (const { row } of untagged) {
      this.isGone.set(row.digest, false)
      this.expected.set(row.digest, {
        tags: new Set(),
        pushedAt: listed.get(row.digest)?.pushedAt
      })
    }
    const { habits, log, repository } = this.scope
    const tried = await this.attempt(untagged)
    const areGone = untagged.every(({ row }) => this.hasGone(row.digest))
    if (untagged.length > 0 && tried === 0 && areGone) habits.notKept()
    log.debug(`${repository.repositoryName}: ${this.outcomes.size} deletions looked at`)
  }

  /** The deletions that took the last tag of an image, where the service keeps such images: by digest then. */
  private async findUntagged(deleted: readonly Deletion[]): Promise<Deletion[]> {
    const [first] = deleted
    if (first === undefined) return []
    const { habits, signal } = this.scope
    try {
      const keeps = await habits.mayKeepUntagged(this.scope, first.row.digest)
      return keeps ? deleted.map((deletion): Deletion => ({ ...deletion, kind: 'image' })) : []
    } catch (error) {
      signal.throwIfAborted()
      this.noteErrors({ outcomes: new Map(), surprises: [], error })
      return []
    }
  }

  /** Deletes what still is as it was listed; resolves to how many deletions were tried. */
  private async attempt(batch: readonly Deletion[]): Promise<number> {
    const open = batch.filter((deletion) => this.isFree(deletion))
    const fit = await this.filterUnchanged(open)
    if (fit.length === 0) return 0
    const result = await deleteBatch(this.scope, fit, this.scope.signal)
    this.noteErrors(result)
    for (const [deletion, outcome] of result.outcomes) this.note(deletion, outcome)
    return fit.length
  }

  /** `false`, with the outcome noted, where something else stands in the way. */
  private isFree(deletion: Deletion): boolean {
    if (this.givenUp !== undefined) {
      this.note(deletion, { kind: 'failed', reason: `not tried: ${this.givenUp}` })
      return false
    }
    const waiting = deletion.after.find((digest) => this.refusedImages.has(digest))
    if (waiting !== undefined) {
      const reason = `${waiting} stays, which it belongs to`
      this.note(deletion, { kind: 'refused', reason, isWaiting: true, holders: [] })
      return false
    }
    const staying = deletion.after.find((digest) => !this.hasGone(digest))
    if (staying !== undefined) {
      this.note(deletion, left(`${staying} stays, which it belongs to`))
      return false
    }
    return true
  }

  /** Looks at the images of a batch right before it is deleted; what changed is noted as left. */
  private async filterUnchanged(batch: readonly Deletion[]): Promise<Deletion[]> {
    const digests = new Set(batch.map(({ row }) => row.digest))
    let images: Map<string, ListedImage>
    try {
      const found = await lookUpImages(
        this.scope,
        [...digests].map((imageDigest) => ({ imageDigest }))
      )
      images = new Map(found.map((image) => [image.digest, image]))
    } catch (error) {
      this.scope.signal.throwIfAborted()
      const reason = `not tried, as it could not be looked at: ${this.scope.explain(error)}`
      for (const deletion of batch) this.note(deletion, { kind: 'failed', reason })
      this.noteErrors({ outcomes: new Map(), surprises: [], error })
      return []
    }
    return batch.filter((deletion) => {
      const change = this.findChange(deletion, images.get(deletion.row.digest))
      if (change !== undefined) this.note(deletion, change)
      return change === undefined
    })
  }

  private findChange({ kind, row }: Deletion, image: ListedImage | undefined): Outcome | undefined {
    const expected = this.expected.get(row.digest)
    if (image === undefined || expected === undefined) return left('it was gone already', true)
    const isSame =
      isSameSet(image.tags, expected.tags) &&
      image.pushedAt === expected.pushedAt &&
      (kind === 'image' || expected.tags.has(row.tag ?? ''))
    if (!isSame) {
      const tags = image.tags.length === 0 ? 'no tag' : image.tags.join(', ')
      return left(`its image changed since it was listed and now has ${tags}`)
    }
    const others = expected.tags.size - (kind === 'image' ? 0 : 1)
    if (kind !== 'tag' && others > 0) return left('another tag of its image could not be deleted')
    if (kind === 'tag' && others === 0) return left('its image has no other tag any more')
    return undefined
  }

  private note(deletion: Deletion, outcome: Outcome): void {
    const { kind, row } = deletion
    this.outcomes.set(row, { deletion, outcome: this.withTag(deletion, outcome) })
    if (outcome.kind === 'deleted' && kind === 'tag') {
      this.expected.get(row.digest)?.tags.delete(row.tag ?? '')
    }
    if (kind === 'tag') return
    if (outcome.kind === 'refused') this.refusedImages.add(row.digest)
    const isGone = outcome.kind === 'deleted' || (outcome.kind === 'left' && outcome.isGone)
    if (isGone) this.expected.delete(row.digest)
    this.isGone.set(row.digest, isGone)
  }

  /** Of an image that outlived its last tag the tag is gone, whatever comes of the image. */
  private withTag(deletion: Deletion, outcome: Outcome): Outcome {
    if (!hasLostTag(deletion)) return outcome
    if (outcome.kind === 'left') return { kind: 'deleted' }
    if (outcome.kind === 'deleted') return outcome
    return { ...outcome, reason: `its tag is gone, but not its image: ${outcome.reason}` }
  }

  private noteErrors({ error, surprises }: BatchResult): void {
    const { explain, log, repository } = this.scope
    for (const surprise of surprises) log.warning(`${repository.repositoryName}: ${surprise}`)
    if (error === undefined) {
      this.errorsInARow = 0
      return
    }
    const text = explain(error)
    log.warning(`${repository.repositoryName}: ${text}`)
    this.errorsInARow++
    const isFinal = error instanceof Error && FINAL_ERRORS.has(error.name)
    if (isFinal || this.errorsInARow >= MAX_ERRORS_IN_A_ROW) this.givenUp = text
  }
}

function finalOf({ deletion, outcome }: { deletion: Deletion; outcome: Outcome }): FinalOutcome {
  if (outcome.kind !== 'refused') return outcome
  const { reason, isWaiting } = outcome
  if (isWaiting && !hasLostTag(deletion)) return { kind: 'left', reason, isGone: false }
  return { kind: 'failed', reason }
}

/** Whether this is the second deletion of an image that outlived its last tag. */
function hasLostTag({ kind, row }: Deletion): boolean {
  return kind === 'image' && row.tag !== undefined
}

function left(reason: string, isGone = false): Outcome {
  return { kind: 'left', reason, isGone }
}
