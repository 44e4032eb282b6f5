import type { Repository } from '@aws-sdk/client-ecr-public'
import type { ServiceClock } from '../ecr-public/service-clock.js'
import { formatAge } from './format.js'
import type { Inventory } from './rules/inventory.js'
import type { StepFacts } from './rules/step-facts.js'

/** The maximum difference between the two clocks that is not reported: the one that AWS accepts for a signature. */
const MAX_CLOCK_DIFFERENCE_MS = 5 * 60 * 1000

/** A repository of the step with its listed tags and images. */
interface ListedRepository {
  readonly repository: Repository
  readonly value: Inventory
}

/** Returns a function that finds the repository of the step in which an image was listed. */
export function createHolderFinder(
  repositories: readonly ListedRepository[]
): StepFacts['findHolder'] {
  return (digest) => {
    const holder = repositories.find(({ value }) => value.images.has(digest))
    return holder === undefined ? undefined : (holder.repository.repositoryName ?? '')
  }
}

/** Returns the time by which ages are computed, and a warning if the local clock differs from it. */
export function readTime(
  clock: ServiceClock,
  localNow: () => Date
): { readonly now: number; readonly warning?: string } {
  const time = clock.read()
  if (time === undefined) {
    const warning =
      'The responses of ECR Public do not contain a valid date, so ages are computed with the clock of this machine.'
    return { now: localNow().getTime(), warning }
  }
  const difference = time.local - time.service
  if (Math.abs(difference) <= MAX_CLOCK_DIFFERENCE_MS) return { now: time.service }
  const direction = difference > 0 ? 'ahead of' : 'behind'
  const warning =
    `The clock of this machine is ${formatAge(Math.abs(difference))} ${direction} the clock of ECR Public. ` +
    'Ages are computed with the clock of ECR Public. Correct the clock of the machine.'
  return { now: time.service, warning }
}
