import type { Deps } from '../deps.js'
import type { LoginInputs } from '../inputs.js'
import type { Report } from '../report.js'

export function login(inputs: LoginInputs, deps: Deps): Promise<Report> {
  return Promise.reject(new Error(`not written yet: ${inputs.mode} ${String(deps.now())}`))
}
