import type { StoredIndex, StoredManifest } from '../image-archive/contents.js'
import { distinctBy } from '../image-archive/distinct-by.js'
import { parseManifest } from '../oci/manifest.js'
import type { Descriptor } from '../oci/manifest.js'
import { platformKey } from '../oci/platform.js'
import type { StoredIndexChild } from './push-plan.js'

/**
 * Lists the manifests of an index and of its nested indexes, with the members of their descriptors. An index can list
 * one manifest for several platforms.
 */
export function listIndexChildren(index: StoredIndex): StoredIndexChild[] {
  const parsed = parseManifest(index.bytes, index.digest, index.mediaType)
  const children = new Map(index.children.map((child) => [child.digest, child]))
  return (parsed.kind === 'index' ? parsed.manifests : []).flatMap((descriptor) => {
    const child = children.get(descriptor.digest)
    if (child === undefined) return []
    return child.kind === 'stored-index' ? listIndexChildren(child) : indexChild(child, descriptor)
  })
}

/** Returns the first manifest of each identity and platform. */
export function distinctByPlatform<T extends Pick<Descriptor, 'platform'>>(
  children: readonly T[],
  identityOf: (child: T) => string
): T[] {
  return distinctBy(children, (child) => {
    const platform = child.platform === undefined ? '' : platformKey(child.platform)
    return `${identityOf(child)} ${platform}`
  })
}

function indexChild(image: StoredManifest, descriptor: Descriptor): StoredIndexChild {
  const { platform, annotations, artifactType } = descriptor
  return { image, platform: platform ?? image.platform, annotations, artifactType }
}
