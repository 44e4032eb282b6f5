import { readInputs } from '../../src/runner/inputs/inputs.js'
import type { Inputs } from '../../src/runner/inputs/inputs.js'
import type { Mode } from '../../src/runner/inputs/input-specs.js'

/** The inputs of a mode as the action reads them, from texts as a workflow gives them. */
export function makeInputs<M extends Mode>(
  mode: M,
  texts: Readonly<Record<string, string>>
): Extract<Inputs, { mode: M }> {
  const given: Readonly<Record<string, string>> = { mode, ...texts }
  return readInputs({}, (name) => given[name] ?? '') as Extract<Inputs, { mode: M }>
}
