import type { Deps } from '../deps.js'
import type { EnsureRepoInputs } from '../inputs.js'
import type { Report } from '../report.js'

export function ensureRepo(inputs: EnsureRepoInputs, deps: Deps): Promise<Report> {
  return Promise.reject(new Error(`not written yet: ${inputs.mode} ${String(deps.now())}`))
}
