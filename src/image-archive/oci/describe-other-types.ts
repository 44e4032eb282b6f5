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

/** How to replace content of an unknown type. */
export const NEW_IMAGE_ARCHIVE =
  'Create the archive again, for example with "docker save" or "skopeo copy".'

/** The maximum number of media types that are listed. */
const MAX_LISTED_TYPES = 5

/** Content of an archive whose media types are not supported, for errors and warnings. */
export interface OtherTypes {
  /** The distinct media types with their names. */
  readonly list: string
  /** How to replace the content, if it is known. */
  readonly fix: string | undefined
}

/** Describes content of an index that is neither a supported manifest nor an index. */
export function describeOtherTypes(mediaTypes: readonly string[]): OtherTypes {
  const distinct = [...new Set(mediaTypes)]
  const found = OLD_TYPES.filter(([old]) => distinct.some((type) => old.test(type)))
  return {
    list: distinct.slice(0, MAX_LISTED_TYPES).map(describe).join(', '),
    fix: found.length === 0 ? undefined : found.map(([, , fix]) => fix).join(' ')
  }
}

function describe(mediaType: string): string {
  const name = OLD_TYPES.find(([old]) => old.test(mediaType))?.[1] ?? 'content of another type'
  return `${name} (${mediaType})`
}
