import type { ResourceTag } from '../runner/inputs/inputs.js'
import type { DesiredPolicy } from './read-policy.js'

/** What a repository should be. */
export type DesiredRepository = PresentRepository | AbsentRepository

/** It exists; what is left out is left as it is. */
export interface PresentRepository {
  readonly state: 'present'
  readonly resourceTags?: readonly ResourceTag[] | undefined
  /** Also removes the resource tags that are not listed. */
  readonly prunesResourceTags: boolean
  readonly policy?: DesiredPolicy | undefined
}

/** It does not exist. */
export interface AbsentRepository {
  readonly state: 'absent'
  /** It goes even where it holds images. */
  readonly force: boolean
}

/** `true` where the resource tags of the repository matter. */
export function concernsResourceTags(desired: PresentRepository): boolean {
  return desired.resourceTags !== undefined || desired.prunesResourceTags
}
