import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode login. */
export interface LoginInputs extends CommonInputs {
  readonly mode: 'login'
  /** Removes the credential at the end of the job. */
  readonly logout: boolean
}

/** @throws ActionError if an input is invalid */
export function readLoginInputs(common: CommonInputs, reader: InputReader): LoginInputs {
  return { mode: 'login', ...common, logout: reader.boolean('logout') }
}
