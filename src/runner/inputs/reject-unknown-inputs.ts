import { problem } from '../errors.js'
import type { Problem } from '../errors.js'
import type { InputSource } from './input-reader.js'
import { findEquivalentInput, INPUT_SPECS, UNSUPPORTED_INPUTS } from './input-specs.js'
import type { InputSpec, Mode } from './input-specs.js'

const REMOVE_OR_CORRECT_MODE = 'Remove the input, or correct "mode".'

/**
 * Rejects inputs that the action does not have. The runner only warns about them, but a misspelled `older-than` could
 * delete images. The error lists the inputs of the mode.
 *
 * @throws ActionError for the first such input, with the input that was probably meant
 */
export function rejectUnknownInputs(
  env: Readonly<Record<string, string | undefined>>,
  mode: string
): void {
  const known = Object.keys(INPUT_SPECS)
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('INPUT_') || value === undefined || value.trim() === '') continue
    const name = variable.slice('INPUT_'.length).toLowerCase()
    if (known.includes(name)) continue
    const unsupported = UNSUPPORTED_INPUTS.get(name.replaceAll('_', '-'))
    if (unsupported !== undefined) {
      throw problem({
        what: `Input "${name}" is not supported`,
        reason: unsupported,
        fix: 'Remove the input.'
      })
    }
    throw problem({ what: `Input "${name}" is unknown`, ...suggestFor(name, mode) })
  }
}

/**
 * Returns the input of the mode that was probably meant, else the one of another mode with its modes, else the list of
 * the inputs of the mode.
 */
function suggestFor(name: string, mode: string): Pick<Problem, 'expected' | 'fix'> {
  const specs = Object.entries<InputSpec>(INPUT_SPECS)
  const ofMode = specs.filter(([, { modes }]) => modes.some((each) => each === mode))
  const similar = specs.filter(([each]) => simplify(each) === simplify(name))
  const [first] = similar
  if (first === undefined) {
    const listed = ofMode.length > 0 ? ofMode : specs
    return { expected: `The inputs are ${listed.map(([each]) => each).join(', ')}.` }
  }
  const own = similar.find((each) => ofMode.includes(each))?.[0]
  const meant = own ?? findEquivalentInput(mode, first[0])
  if (meant !== undefined) return { expected: `Did you mean "${meant}"?` }
  return {
    expected: `Did you mean "${first[0]}"? It belongs to mode ${first[1].modes.join(', ')}.`,
    fix: REMOVE_OR_CORRECT_MODE
  }
}

/** @throws ActionError for the first input that is given and belongs only to other modes */
export function rejectInputsOfOtherModes(mode: Mode, source: InputSource): void {
  for (const [name, spec] of Object.entries<InputSpec>(INPUT_SPECS)) {
    if (spec.modes.includes(mode) || spec.isIgnoredElsewhere === true) continue
    if (source(name).trim() === '') continue
    const equivalent = findEquivalentInput(mode, name)
    throw problem({
      what: `Input "${name}" is not supported in mode ${mode}`,
      reason: UNSUPPORTED_INPUTS.get(name) ?? UNSUPPORTED_INPUTS.get(`${name}-text`),
      expected: `It belongs to mode ${spec.modes.join(', ')}.`,
      fix:
        equivalent === undefined
          ? REMOVE_OR_CORRECT_MODE
          : `Use "${equivalent}" in mode ${mode}, or correct "mode".`
    })
  }
}

function simplify(name: string): string {
  return name
    .replace(/[^a-z0-9]/g, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '')
}
