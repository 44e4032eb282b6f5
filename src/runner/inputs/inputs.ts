import { getInput } from '@actions/core'
import { problem } from '../errors.js'
import { MODES } from './input-specs.js'
import type { Mode } from './input-specs.js'
import { InputReader } from './input-reader.js'
import type { InputSource } from './input-reader.js'
import { readCleanupTagsInputs } from './read-cleanup-tags-inputs.js'
import { readCommonInputs } from './read-common-inputs.js'
import { readEnsureRepoInputs } from './read-ensure-repo-inputs.js'
import { readPushTarInputs } from './read-push-tar-inputs.js'
import { readSyncCatalogInputs } from './read-sync-catalog-inputs.js'
import { refuseInputsOfOtherModes, refuseUnknownInputs } from './refuse-strangers.js'
import type { Inputs } from './types.js'

export type { InputSource } from './input-reader.js'
export type * from './types.js'

/**
 * Every input of the step, read once and checked. An input set to the empty string counts as not given.
 *
 * @param env the environment, looked at for inputs that the action does not have
 * @throws ActionError for a missing, unknown, malformed or other mode's input
 */
export function readInputs(
  env: Readonly<Record<string, string | undefined>>,
  source: InputSource = getInput
): Inputs {
  refuseUnknownInputs(env)
  const mode = readMode(source)
  refuseInputsOfOtherModes(mode, source)
  const reader = new InputReader(mode, source)
  const common = readCommonInputs(mode, reader)
  switch (mode) {
    case 'login':
      return { mode, ...common, logout: reader.boolean('logout') }
    case 'ensure-repo':
      return readEnsureRepoInputs(common, reader)
    case 'sync-catalog':
      return readSyncCatalogInputs(common, reader)
    case 'push-tar':
      return readPushTarInputs(common, reader)
    case 'cleanup-tags':
      return readCleanupTagsInputs(common, reader)
    default:
      return mode satisfies never
  }
}

function readMode(source: InputSource): Mode {
  const text = source('mode').trim()
  const expected = `one of ${MODES.join(', ')}`
  if (text === '') throw problem({ what: 'Input "mode" is missing', expected })
  const mode = MODES.find((candidate) => candidate === text)
  if (mode === undefined) {
    throw problem({ what: 'Input "mode" has an unknown value', value: text, expected })
  }
  return mode
}
