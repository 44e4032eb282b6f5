import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'

/** Types of manifests that registries no longer accept, and how to replace a manifest. */
const OLD_TYPES: readonly (readonly [mediaType: RegExp, name: string, fix: string])[] = [
  [
    /^application\/vnd\.docker\.distribution\.manifest\.v1\+/,
    'Docker schema 1 manifests',
    'Copy the image from its registry with "skopeo copy", which converts it, or build it again.'
  ],
  [
    // The type of the release candidates of OCI image specification 1.1, and the earlier one of ORAS.
    /^application\/vnd\.(?:oci|cncf\.oras)\.artifact\.manifest\.v1\+json$/,
    'artifact manifests',
    'Create the artifact again with ORAS 1.1 or later, which writes OCI manifests.'
  ]
]

/** The maximum number of media types that the error lists. */
const MAX_LISTED_TYPES = 5

/**
 * Creates the error for an OCI layout whose `index.json` lists no supported manifest.
 *
 * @param mediaTypes the media types of the entries
 */
export function noManifestProblem(path: string, mediaTypes: readonly string[]): ActionError {
  const distinct = [...new Set(mediaTypes)]
  const isEmpty = distinct.length === 0
  const found = OLD_TYPES.filter(([old]) => distinct.some((type) => old.test(type)))
  const listed = distinct.slice(0, MAX_LISTED_TYPES).map(describe).join(', ')
  return problem({
    what: `The file index.json of the archive ${isEmpty ? 'does not list any images' : 'lists only manifests that are not supported'}`,
    value: path,
    reason: isEmpty ? undefined : `It lists ${listed}.`,
    expected: 'Use an OCI manifest or index, or a Docker schema 2 manifest or manifest list.',
    fix:
      found.length === 0
        ? 'Create the archive again, for example with "docker save" or "skopeo copy".'
        : found.map(([, , fix]) => fix).join(' ')
  })
}

function describe(mediaType: string): string {
  const name = OLD_TYPES.find(([old]) => old.test(mediaType))?.[1] ?? 'content of another type'
  return `${name} (${mediaType})`
}
