import type { ReadLimits } from './rules/reference-analysis.js'

/**
 * The maximum number of manifests per repository that are read only to find out whether they have a subject. In a real
 * run, it only limits the reads of images that an index lists.
 */
const MAX_READS_PER_REPOSITORY = 100

/** The number of such reads per step. The service allows ten per second, so they take half a minute. */
const READS_PER_STEP = 300

/** The same with a manifest cache, which makes the next run shorter. They take seven minutes. */
const CACHED_READS_PER_STEP = 4000

/**
 * Returns the limits for the reads whose result is expected from the listing already. They are divided among the
 * repositories, and at least one is left for each.
 *
 * @param isCached whether the step has a manifest cache
 * @param isCarriedOut whether the step deletes what it plans
 */
export function divideReads(
  repositoryCount: number,
  isCached: boolean,
  isCarriedOut: boolean
): ReadLimits {
  const share = (reads: number): number =>
    Math.min(MAX_READS_PER_REPOSITORY, Math.max(1, Math.floor(reads / repositoryCount)))
  return {
    subjects: share(isCached ? CACHED_READS_PER_STEP : READS_PER_STEP),
    referrers: share(READS_PER_STEP),
    isCarriedOut
  }
}
