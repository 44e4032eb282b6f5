import { MEDIA_TYPES } from '../images/media-types.js'
import type { Image } from '../store/store.js'
import { checkDigest } from './handle-blob.js'
import { getRepository, send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { manifestUnknown } from './registry-error.js'
import type { Route } from './route.js'

type ReferrersRoute = Extract<Route, { kind: 'referrers' }>

/**
 * Handles `GET …/referrers/DIGEST`: returns an index of the referrers, even if the subject does not
 * exist (OCI distribution specification 1.1, "Listing Referrers"). `artifactType` is a filter.
 */
export function handleReferrers(call: RegistryCall, route: ReferrersRoute): void {
  const { context, query, origin, path } = call
  const repository = getRepository(call, route)
  if (context.settings.referrers === 'off') {
    throw manifestUnknown()
  }
  checkDigest(route.digest)
  const artifactType = query.get('artifactType')
  const digests = [...(repository.referrers.get(route.digest) ?? [])].sort()
  const images = digests.flatMap((digest) => {
    const image = repository.images.get(digest)
    return image === undefined || (artifactType !== null && image.artifactType !== artifactType)
      ? []
      : [image]
  })
  const after = query.get('last') ?? ''
  const rest = images.filter(({ digest }) => digest > after)
  const page = rest.slice(0, context.settings.limits.referrersPerPage)
  const headers: Record<string, string> = { 'content-type': MEDIA_TYPES.oci.index }
  if (artifactType !== null) headers['oci-filters-applied'] = 'artifactType'
  const end = page.at(-1)
  if (end !== undefined && page.length < rest.length) {
    const next = new URLSearchParams({
      ...(artifactType === null ? {} : { artifactType }),
      last: end.digest
    })
    headers.link = `<${origin}${path}?${next.toString()}>; rel="next"`
  }
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.index,
    manifests: page.map(descriptorOf)
  }
  send(call, 200, headers, JSON.stringify(index))
}

function descriptorOf(image: Image): Readonly<Record<string, unknown>> {
  const { mediaType, digest, manifestSize: size, artifactType, annotations } = image
  return { mediaType, digest, size, artifactType, annotations }
}
