import { cleanupTags } from '../../src/cleanup-tags/cleanup-tags.js'
import type { Deps } from '../../src/runner/deps.js'
import type { CleanupTagsInputs } from '../../src/runner/inputs/inputs.js'
import type { Report } from '../../src/runner/report.js'

/** Runs mode cleanup-tags, and reads its plan and its lists into arrays. */
export async function runCleanup(inputs: CleanupTagsInputs, deps: Deps): Promise<Report> {
  const report = await cleanupTags(inputs, deps)
  const outputs = Object.fromEntries(
    Object.entries(report.outputs).map(([name, value]) => [
      name,
      typeof value === 'object' && Symbol.iterator in value ? [...value] : value
    ])
  )
  return { ...report, plan: [...report.plan], outputs }
}
