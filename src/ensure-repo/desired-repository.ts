import type { ResourceTag } from '../runner/inputs/inputs.js'
import type { DesiredPolicy } from './read-policy.js'

/** The desired state of a repository. */
export type DesiredRepository = PresentRepository | AbsentRepository

/** The repository exists. Properties that are `undefined` are not changed. */
export interface PresentRepository {
  readonly state: 'present'
  readonly resourceTags?: readonly ResourceTag[] | undefined
  /** Removes the resource tags that are not listed. */
  readonly prunesResourceTags: boolean
  readonly policy?: DesiredPolicy | undefined
}

/** The repository does not exist. */
export interface AbsentRepository {
  readonly state: 'absent'
  /** Deletes the repository even if it contains images. */
  readonly force: boolean
}

/** Returns `true` if the desired state includes resource tags. */
export function concernsResourceTags(desired: PresentRepository): boolean {
  return desired.resourceTags !== undefined || desired.prunesResourceTags
}
