import { readInputs } from '../../src/runner/inputs/inputs.js'
import type { Inputs } from '../../src/runner/inputs/inputs.js'
import type { Mode } from '../../src/runner/inputs/input-specs.js'

/** Reads the inputs of a mode from the texts of a workflow. */
export function makeInputs<M extends Mode>(
  mode: M,
  texts: Readonly<Record<string, string>>
): Extract<Inputs, { mode: M }> {
  const given: Readonly<Record<string, string>> = { mode, ...texts }
  return readInputs({}, (name) => given[name] ?? '') as Extract<Inputs, { mode: M }>
}
