import { cleanupTags } from '../../src/cleanup-tags/cleanup-tags.js'
import type { Deps } from '../../src/runner/deps.js'
import type { CleanupTagsInputs } from '../../src/runner/inputs/inputs.js'
import type { Report } from '../../src/runner/report.js'

/** Runs mode cleanup-tags, and reads its plan into an array. */
export async function runCleanup(inputs: CleanupTagsInputs, deps: Deps): Promise<Report> {
  const report = await cleanupTags(inputs, deps)
  return { ...report, plan: [...report.plan] }
}
