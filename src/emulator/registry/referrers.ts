import type { Image } from '../store.js'
import { checkDigest } from './blobs.js'
import { getRepository, send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { RegistryError } from './registry-error.js'
import type { Route } from './route.js'

type ReferrersRoute = Extract<Route, { kind: 'referrers' }>

const INDEX_MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json'

/**
 * Answers `GET …/referrers/DIGEST`: an index of what refers to the digest, whether that is there or not
 * (OCI distribution specification 1.1, "Listing Referrers"), with `artifactType` as a filter.
 */
export function answerReferrers(exchange: Exchange, route: ReferrersRoute): void {
  const { context, query, origin, path } = exchange
  const repository = getRepository(exchange, route)
  if (context.settings.referrers === 'off') {
    throw new RegistryError('MANIFEST_UNKNOWN', 'Requested image not found')
  }
  checkDigest(route.digest)
  const wanted = query.get('artifactType')
  const digests = [...(repository.referrers.get(route.digest) ?? [])].sort()
  const images = digests.flatMap((digest) => {
    const image = repository.images.get(digest)
    return image === undefined || (wanted !== null && image.artifactType !== wanted) ? [] : [image]
  })
  const after = query.get('last') ?? ''
  const rest = images.filter(({ digest }) => digest > after)
  const page = rest.slice(0, context.settings.limits.referrersPerPage)
  const headers: Record<string, string> = { 'content-type': INDEX_MEDIA_TYPE }
  if (wanted !== null) headers['oci-filters-applied'] = 'artifactType'
  const end = page.at(-1)
  if (end !== undefined && page.length < rest.length) {
    const next = new URLSearchParams({
      ...(wanted === null ? {} : { artifactType: wanted }),
      last: end.digest
    })
    headers.link = `<${origin}${path}?${next.toString()}>; rel="next"`
  }
  const index = {
    schemaVersion: 2,
    mediaType: INDEX_MEDIA_TYPE,
    manifests: page.map(descriptorOf)
  }
  send(exchange, 200, headers, JSON.stringify(index))
}

function descriptorOf(image: Image): Readonly<Record<string, unknown>> {
  const { mediaType, digest, manifestSize: size, artifactType, annotations } = image
  return { mediaType, digest, size, artifactType, annotations }
}
