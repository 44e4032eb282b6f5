import type { PlannedDeletion } from '../rules/plan-retention.js'

/** The outcome of one deletion. */
export type DeletionOutcome =
  | { readonly kind: 'deleted' }
  | DeletionRefusal
  | { readonly kind: 'failed'; readonly reason: string }
  /** The deletion was not attempted, as the image changed after it was listed. `isGone`: it does not exist any more. */
  | { readonly kind: 'kept'; readonly reason: string; readonly isGone: boolean }

/** The service rejected the deletion because of a reference, or (`isWaiting`) a rejected deletion must precede it. */
export interface DeletionRefusal {
  readonly kind: 'refused'
  readonly reason: string
  readonly isWaiting: boolean
  /** Digests of the images that refer to it, as far as the response names them. */
  readonly holders: readonly string[]
}

/** A deletion that was refused. */
export interface RefusedDeletion {
  readonly deletion: PlannedDeletion
  readonly outcome: DeletionRefusal
}

/** The outcome of a deletion at the end of the run. A refused deletion has failed then. */
export type FinalOutcome = Exclude<DeletionOutcome, DeletionRefusal>

/** Returns the final outcome of a deletion, after refused deletions were retried. */
export function toFinalOutcome(deletion: PlannedDeletion, outcome: DeletionOutcome): FinalOutcome {
  if (outcome.kind !== 'refused') return outcome
  const { reason, isWaiting } = outcome
  if (isWaiting && !hasLostTag(deletion)) return { kind: 'kept', reason, isGone: false }
  return { kind: 'failed', reason }
}

/** Returns whether the deletion is the second one of an image that was kept when its last tag was deleted. */
export function hasLostTag({ kind, row }: PlannedDeletion): boolean {
  return kind === 'image' && row.tag !== undefined
}
