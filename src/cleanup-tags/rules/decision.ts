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
