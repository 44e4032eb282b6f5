import type { Deps } from '../deps.js'
import type { SyncCatalogInputs } from '../inputs.js'
import type { Report } from '../report.js'

export function syncCatalog(inputs: SyncCatalogInputs, deps: Deps): Promise<Report> {
  return Promise.reject(new Error(`not written yet: ${inputs.mode} ${String(deps.now())}`))
}
