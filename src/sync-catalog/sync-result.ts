import type { Change } from '../runner/plan.js'
import type { RepositoryPlan } from './look-at-repository.js'
import type { Note } from './local-texts.js'

/** A repository that could not be read, and why. */
export interface Unreachable {
  readonly repository: string
  readonly reason: string
}

/** What came of a repository: `failure` is why it could not be written. */
export interface RepositoryResult {
  readonly plan: RepositoryPlan
  readonly failure: string | undefined
}

/** What came of the registry's display name. */
export interface DisplayNameResult {
  /** `undefined` where it could not be read. */
  readonly change: Change | undefined
  readonly failure: string | undefined
}

/** All that there is to report. */
export interface SyncResult {
  readonly dryRun: boolean
  /** All repositories that were selected, in order. */
  readonly names: readonly string[]
  readonly galleryUrl: string
  readonly repositories: readonly RepositoryResult[]
  readonly unreachable: readonly Unreachable[]
  readonly displayName: DisplayNameResult | undefined
  /** Each once. */
  readonly notes: readonly Note[]
}
