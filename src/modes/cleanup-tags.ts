import type { Deps } from '../deps.js'
import type { CleanupTagsInputs } from '../inputs.js'
import type { Report } from '../report.js'

export function cleanupTags(inputs: CleanupTagsInputs, deps: Deps): Promise<Report> {
  return Promise.reject(new Error(`not written yet: ${inputs.mode} ${String(deps.now())}`))
}
