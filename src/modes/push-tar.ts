import type { Deps } from '../deps.js'
import type { PushTarInputs } from '../inputs.js'
import type { Report } from '../report.js'

export function pushTar(inputs: PushTarInputs, deps: Deps): Promise<Report> {
  return Promise.reject(new Error(`not written yet: ${inputs.mode} ${String(deps.now())}`))
}
