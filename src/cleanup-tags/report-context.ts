/** The facts of the run that the report needs in addition to the results. */
export interface CleanupReportContext {
  readonly now: number
  readonly dryRun: boolean
  /** The error if the plan exceeds the deletion limit. Nothing was deleted then. */
  readonly limitError: string | undefined
  readonly unreadable: readonly UnreadableRepository[]
  /** Sentences about the whole step, such as a clock that differs. */
  readonly warnings: readonly string[]
}

/** A repository that could not be read, so that nothing was deleted in it. */
export interface UnreadableRepository {
  readonly repository: string
  readonly reason: string
}
