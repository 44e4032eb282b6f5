/** The decision of the rules on one tag or untagged image. References to it are not considered yet. */
export interface Decision {
  readonly action: 'keep' | 'delete'
  /** The reason as a clause: `older than 30d`. */
  readonly reason: string
  /** Set if only the age prevents the deletion: when that age is reached, in milliseconds since the epoch. */
  readonly dueAt?: number | undefined
  /** `true` for a referrer that is kept because its image is, or might be, in another repository. */
  readonly isForeign?: boolean
}

/** The decisions of the rules on a repository. */
export interface Decisions {
  /** By tag. Referrer tags of images in the repository are missing: the decision on the image applies to them. */
  readonly tags: ReadonlyMap<string, Decision>
  /** By digest. */
  readonly untagged: ReadonlyMap<string, Decision>
  /** `true` if the rules select images with all their tags, as lifecycle policies do. */
  readonly isByImage: boolean
}

/** Returns the decision to keep a tag or image. */
export function decideKeep(reason: string, dueAt?: number): Decision {
  return { action: 'keep', reason, dueAt }
}

/** Returns the decision to keep a referrer whose image is, or might be, in another repository. */
export function decideKeepForeign(reason: string): Decision {
  return { action: 'keep', reason, isForeign: true }
}

/** Returns the decision to delete a tag or image. */
export function decideDelete(reason: string): Decision {
  return { action: 'delete', reason }
}

/** Decides on a tag or image by its rank. */
export type RankDecider = (rank: number) => Decision

/**
 * Returns a function that decides on a tag or image by its rank: `among the 3 most recent images (rank 2 by push time)`.
 *
 * @param order the order that determines the ranks: `push time`
 */
export function createRankDecider(
  action: Decision['action'],
  reason: string,
  order: string
): RankDecider {
  const rule = { action, reason, order }
  return (rank) => new RankedDecision(rule, rank)
}

/** Creates its reason when it is read, because the reasons of 100,000 tags need much memory. */
class RankedDecision implements Decision {
  constructor(
    private readonly rule: {
      readonly action: Decision['action']
      readonly reason: string
      readonly order: string
    },
    private readonly rank: number
  ) {}

  get action(): Decision['action'] {
    return this.rule.action
  }

  get reason(): string {
    return `${this.rule.reason} (rank ${this.rank} by ${this.rule.order})`
  }
}
