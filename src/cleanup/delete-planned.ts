import type { Log } from '../deps.js'
import { isSameSet } from '../retention/inventory.js'
import type { ListedImage } from '../retention/inventory.js'
import type { Deletion } from '../retention/retention-plan.js'
import { deleteBatch } from './delete-batch.js'
import type { BatchResult, Outcome } from './delete-batch.js'
import { lookUpImages, MAX_IMAGE_IDS } from './look-up-images.js'
import type { LookUpScope } from './look-up-images.js'

/** What an image has to look like for a deletion to be still right. */
export interface ExpectedImage {
  readonly tags: Set<string>
  readonly pushedAt: number | undefined
}

/** How a deletion ended; `refused` ones were tried twice and have failed. */
export type FinalOutcome = Exclude<Outcome, { kind: 'refused' }>

/** Where the deletions take place. */
export interface DeletionScope extends LookUpScope {
  readonly log: Log
  readonly signal: AbortSignal
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

/**
 * Carries the deletions of one repository out, wave by wave, at most 100 a call. Right before each call its images
 * are looked at once more: what is not as it was listed is left, and so is what such an image needs. What the
 * service refuses as still referenced is tried once more after all others.
 *
 * @param expected the images of the deletions as they were listed; kept up to date here
 * @throws only where the run is cancelled
 */
export async function deletePlanned(
  deletions: readonly Deletion[],
  expected: Map<string, ExpectedImage>,
  scope: DeletionScope
): Promise<Map<Deletion, FinalOutcome>> {
  const run = new DeletionRun(expected, scope)
  await run.pass(deletions)
  const refused = run.takeRefused()
  if (refused.length > 0) await run.pass(refused)
  return run.finish()
}

class DeletionRun {
  private readonly outcomes = new Map<Deletion, Outcome>()
  /** Images whose deletion has ended, and whether they are gone. */
  private readonly isGone = new Map<string, boolean>()
  private readonly refusedImages = new Set<string>()
  private errorsInARow = 0
  private givenUp: string | undefined

  constructor(
    private readonly expected: Map<string, ExpectedImage>,
    private readonly scope: DeletionScope
  ) {}

  /** Deletes in the order given, which is that of the waves. */
  async pass(deletions: readonly Deletion[]): Promise<void> {
    let batch: Deletion[] = []
    for (const deletion of deletions) {
      const isNextWave = batch[0] !== undefined && batch[0].wave !== deletion.wave
      if (batch.length === MAX_IMAGE_IDS || isNextWave) {
        await this.deleteBatch(batch)
        batch = []
      }
      batch.push(deletion)
    }
    if (batch.length > 0) await this.deleteBatch(batch)
  }

  /** What the service refused as still referenced, and what waits for it. */
  takeRefused(): Deletion[] {
    this.refusedImages.clear()
    const refused = [...this.outcomes].filter(([, { kind }]) => kind === 'refused')
    return refused.map(([deletion]) => deletion).sort((a, b) => a.wave - b.wave)
  }

  finish(): Map<Deletion, FinalOutcome> {
    const final = new Map<Deletion, FinalOutcome>()
    for (const [deletion, outcome] of this.outcomes) final.set(deletion, finalOf(outcome))
    return final
  }

  private async deleteBatch(batch: readonly Deletion[]): Promise<void> {
    const open = batch.filter((deletion) => this.isFree(deletion))
    const fit = await this.filterUnchanged(open)
    if (fit.length === 0) return
    const result = await deleteBatch(this.scope, fit, this.scope.signal)
    this.noteErrors(result)
    for (const [deletion, outcome] of result.outcomes) this.note(deletion, outcome)
    const { log, repository } = this.scope
    log.debug(`${repository.repositoryName}: ${this.outcomes.size} deletions looked at`)
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
      this.note(deletion, { kind: 'refused', reason, isWaiting: true })
      return false
    }
    const staying = deletion.after.find((digest) => this.isGone.get(digest) !== true)
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
      this.noteErrors({ outcomes: new Map(), error })
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
      (row.tag === undefined || expected.tags.has(row.tag))
    if (!isSame) {
      const tags = image.tags.length === 0 ? 'no tag' : image.tags.join(', ')
      return left(`its image changed since it was listed and now has ${tags}`)
    }
    const others = expected.tags.size - (row.tag === undefined ? 0 : 1)
    if (kind !== 'tag' && others > 0) return left('another tag of its image could not be deleted')
    if (kind === 'tag' && others === 0) return left('its image has no other tag any more')
    return undefined
  }

  private note(deletion: Deletion, outcome: Outcome): void {
    const { kind, row } = deletion
    this.outcomes.set(deletion, outcome)
    if (outcome.kind === 'deleted' && kind === 'tag') {
      this.expected.get(row.digest)?.tags.delete(row.tag ?? '')
    }
    if (kind === 'tag') return
    if (outcome.kind === 'refused') this.refusedImages.add(row.digest)
    const isGone = outcome.kind === 'deleted' || (outcome.kind === 'left' && outcome.isGone)
    if (isGone) this.expected.delete(row.digest)
    this.isGone.set(row.digest, isGone)
  }

  private noteErrors({ error }: BatchResult): void {
    if (error === undefined) {
      this.errorsInARow = 0
      return
    }
    const text = this.scope.explain(error)
    this.scope.log.warning(`${this.scope.repository.repositoryName}: ${text}`)
    this.errorsInARow++
    const isFinal = error instanceof Error && FINAL_ERRORS.has(error.name)
    if (isFinal || this.errorsInARow >= MAX_ERRORS_IN_A_ROW) this.givenUp = text
  }
}

function finalOf(outcome: Outcome): FinalOutcome {
  if (outcome.kind !== 'refused') return outcome
  const { reason, isWaiting } = outcome
  return isWaiting ? { kind: 'left', reason, isGone: false } : { kind: 'failed', reason }
}

function left(reason: string, isGone = false): Outcome {
  return { kind: 'left', reason, isGone }
}
