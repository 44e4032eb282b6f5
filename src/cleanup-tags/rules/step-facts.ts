/** The state of the pull request with a number. `none`: the number belongs to an issue, or to nothing. */
export type PullRequestState = 'open' | 'closed' | 'none'

/** Facts from outside of a repository. All repositories of a step are evaluated with the same facts. */
export interface StepFacts {
  /** The time of the service, in milliseconds since the epoch. */
  readonly now: number
  /** Returns the name of a repository of the step in which an image was listed, or `undefined`. */
  readonly findHolder: (digest: string) => string | undefined
  /** The repositories of the step whose images could not be listed. They might hold any image. */
  readonly unlisted: readonly string[]
  /** By number. A pull request that is missing here has an unknown state. */
  readonly pullRequests: ReadonlyMap<number, PullRequestState>
}
