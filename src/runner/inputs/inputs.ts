import { getInput } from '@actions/core'
import { problem } from '../errors.js'
import { InputReader } from './input-reader.js'
import type { InputSource } from './input-reader.js'
import { MODES } from './input-specs.js'
import type { Mode } from './input-specs.js'
import { readCleanupTagsInputs } from './read-cleanup-tags-inputs.js'
import type { CleanupTagsInputs } from './read-cleanup-tags-inputs.js'
import { readCommonInputs } from './read-common-inputs.js'
import { readEnsureRepoInputs } from './read-ensure-repo-inputs.js'
import type { EnsureRepoInputs } from './read-ensure-repo-inputs.js'
import { readLoginInputs } from './read-login-inputs.js'
import type { LoginInputs } from './read-login-inputs.js'
import { readPushTarInputs } from './read-push-tar-inputs.js'
import type { PushTarInputs } from './read-push-tar-inputs.js'
import { readSyncCatalogInputs } from './read-sync-catalog-inputs.js'
import type { SyncCatalogInputs } from './read-sync-catalog-inputs.js'
import { rejectInputsOfOtherModes, rejectUnknownInputs } from './reject-unknown-inputs.js'

export type { InputSource } from './input-reader.js'
export type { CleanupTagsInputs, TagRules } from './read-cleanup-tags-inputs.js'
export type { CommonInputs } from './read-common-inputs.js'
export type { EnsureRepoInputs, ResourceTag } from './read-ensure-repo-inputs.js'
export type { LoginInputs } from './read-login-inputs.js'
export type { PushTarInputs } from './read-push-tar-inputs.js'
export type { SyncCatalogInputs } from './read-sync-catalog-inputs.js'

/** The inputs of one step. */
export type Inputs =
  LoginInputs | EnsureRepoInputs | SyncCatalogInputs | PushTarInputs | CleanupTagsInputs

/**
 * Reads and checks all inputs of the step. An input that is set to the empty string counts as not given.
 *
 * @param env the environment, in which inputs that the action does not have are found
 * @throws ActionError if an input is missing, unknown, invalid, or belongs to another mode
 */
export function readInputs(
  env: Readonly<Record<string, string | undefined>>,
  source: InputSource = getInput
): Inputs {
  rejectUnknownInputs(env, source('mode').trim())
  const mode = readMode(source)
  rejectInputsOfOtherModes(mode, source)
  const reader = new InputReader(mode, source)
  const common = readCommonInputs(mode, reader)
  switch (mode) {
    case 'login':
      return readLoginInputs(common, reader)
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
  const expected = `Use one of these values: ${MODES.join(', ')}.`
  if (text === '') throw problem({ what: 'Input "mode" is missing', expected })
  const mode = MODES.find((candidate) => candidate === text)
  if (mode === undefined) {
    throw problem({ what: 'Input "mode" has an unknown value', value: text, expected })
  }
  return mode
}
