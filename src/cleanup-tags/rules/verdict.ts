/** What the rules say of one tag or untagged image, before it is asked what else needs it. */
export interface Verdict {
  readonly goes: boolean
  /** Why, as a clause: `older than 30d`. */
  readonly reason: string
  /** When it will go if nothing else changes, in milliseconds since the epoch; only where it stays for its age alone. */
  readonly goesAt?: number | undefined
}

/** What the rules say of a repository. */
export interface Judgement {
  /** By tag. Companion tags of images that are in the repository have none: they follow those. */
  readonly tags: ReadonlyMap<string, Verdict>
  /** By digest. */
  readonly untagged: ReadonlyMap<string, Verdict>
  /** `true` where images go or stay as a whole, as lifecycle policies have it, and not tag by tag. */
  readonly isByImage: boolean
}

/** The verdict that something stays. */
export function stays(reason: string, goesAt?: number): Verdict {
  return { goes: false, reason, goesAt }
}

/** The verdict that something may go. */
export function goes(reason: string): Verdict {
  return { goes: true, reason }
}
