import { problem } from '../../runner/errors.js'
import type { Index, Manifest } from '../../oci/manifest.js'

/** The media type of the records in a build cache, without its version (https://github.com/moby/buildkit/blob/master/cache/remotecache/v1/spec.go). */
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.'

/**
 * Rejects a build cache. BuildKit exports it as an index of layers, or since version 0.21 as a manifest, with the tag `latest`.
 *
 * @param path the path of the archive, for errors
 */
export function checkIsNotBuildCache(parsed: Manifest | Index, path: string): void {
  const descriptors = parsed.kind === 'index' ? parsed.manifests : [parsed.config]
  if (!descriptors.some(({ mediaType }) => mediaType.startsWith(CACHE_CONFIG))) return
  throw problem({
    what: 'The archive contains a build cache of BuildKit instead of an image',
    value: path,
    reason: 'BuildKit writes it to the destination of "--cache-to".',
    fix: 'Build the image with "--output type=oci,dest=image.tar" as well, and set "tar" to this file.'
  })
}
