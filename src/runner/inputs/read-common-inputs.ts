import { problem } from '../errors.js'
import type { Mode } from './input-specs.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './types.js'

/** @throws ActionError where one is malformed, or does not apply to the mode */
export function readCommonInputs(mode: Mode, reader: InputReader): CommonInputs {
  const dryRun = reader.boolean('dry-run')
  if (dryRun && mode === 'login') {
    throw problem({
      what: 'Input "dry-run" does not apply to mode login, which changes no registry',
      value: 'true',
      fix: 'remove it, or skip the step'
    })
  }
  const registryId = reader.text('registry-id')
  if (
    registryId !== undefined &&
    !/^(?:\d{12}|[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*)$/.test(registryId)
  ) {
    throw problem({
      what: 'Input "registry-id" is no registry',
      value: registryId,
      expected: 'a 12-digit AWS account id, or a registry alias',
      fix: 'leave it out for your own registry'
    })
  }
  return { dryRun, registryId, maxAttempts: reader.integer('max-attempts') }
}
