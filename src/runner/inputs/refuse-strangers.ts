import { problem } from '../errors.js'
import { INPUT_SPECS, UNSUPPORTED_INPUTS } from './input-specs.js'
import type { InputSpec, Mode } from './input-specs.js'
import type { InputSource } from './input-reader.js'

/** @throws ActionError for the first input that is given and belongs to other modes only */
export function refuseInputsOfOtherModes(mode: Mode, source: InputSource): void {
  for (const [name, spec] of Object.entries<InputSpec>(INPUT_SPECS)) {
    if (spec.modes.includes(mode) || source(name).trim() === '') continue
    const hint = UNSUPPORTED_INPUTS[name] ?? UNSUPPORTED_INPUTS[`${name}-text`]
    throw problem({
      what: `Input "${name}" does not belong to mode ${mode}`,
      expected: `it belongs to mode ${spec.modes.join(', ')}`,
      fix: hint === undefined ? 'remove it, or check "mode"' : hint
    })
  }
}

/**
 * The runner only warns about an input that an action does not have; here it could cost images.
 *
 * @throws ActionError for the first one, with what was probably meant
 */
export function refuseUnknownInputs(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(Object.keys(INPUT_SPECS))
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('INPUT_') || value === undefined || value.trim() === '') continue
    const name = variable.slice('INPUT_'.length).toLowerCase()
    if (known.has(name)) continue
    const unsupported = UNSUPPORTED_INPUTS[name.replaceAll('_', '-')]
    if (unsupported !== undefined) {
      throw problem({
        what: `Input "${name}" is not supported`,
        expected: unsupported,
        fix: 'remove it'
      })
    }
    const similar = [...known].find((candidate) => simplify(candidate) === simplify(name))
    throw problem({
      what: `Input "${name}" is unknown`,
      expected:
        similar === undefined
          ? `the inputs are ${[...known].join(', ')}`
          : `did you mean "${similar}"?`
    })
  }
}

function simplify(name: string): string {
  return name.replace(/[^a-z0-9]/g, '').replace(/s$/, '')
}
