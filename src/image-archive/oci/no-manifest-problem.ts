import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { describeOtherTypes, NEW_IMAGE_ARCHIVE } from './describe-other-types.js'

/**
 * Creates the error for an OCI layout whose `index.json` lists no supported manifest.
 *
 * @param mediaTypes the media types of the entries
 */
export function noManifestProblem(path: string, mediaTypes: readonly string[]): ActionError {
  const isEmpty = mediaTypes.length === 0
  const { list, fix } = describeOtherTypes(mediaTypes)
  return problem({
    what: `The file index.json of the archive ${isEmpty ? 'does not list any images' : 'lists only manifests that are not supported'}`,
    value: path,
    reason: isEmpty ? undefined : `It lists ${list}.`,
    expected: 'Use an OCI manifest or index, or a Docker schema 2 manifest or manifest list.',
    fix: fix ?? NEW_IMAGE_ARCHIVE
  })
}
