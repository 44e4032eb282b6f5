import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { Mode } from './input-specs.js'

/** The inputs of every mode. */
export interface CommonInputs {
  /** Plans and reports without changes. Always `false` in mode login. */
  readonly dryRun: boolean
  /** The 12-digit account ID, or an alias if the API accepts one. `undefined` is the caller's registry. */
  readonly registryId?: string | undefined
  readonly maxAttempts: number
}

/** @throws ActionError if an input is invalid, or does not apply to the mode */
export function readCommonInputs(mode: Mode, reader: InputReader): CommonInputs {
  const dryRun = reader.boolean('dry-run')
  if (dryRun && mode === 'login') {
    throw problem({
      what: 'Input "dry-run" is not supported in mode login',
      value: 'true',
      reason: 'The mode does not change the registry.',
      fix: 'Remove the input, or skip the step.'
    })
  }
  const registryId = reader.text('registry-id')
  if (
    registryId !== undefined &&
    !/^(?:\d{12}|[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*)$/.test(registryId)
  ) {
    throw problem({
      what: 'Input "registry-id" is not a registry ID',
      value: registryId,
      expected: 'Use a 12-digit AWS account ID or a registry alias.',
      fix: 'Remove the input to use your own registry.'
    })
  }
  return { dryRun, registryId, maxAttempts: reader.integer('max-attempts') }
}
