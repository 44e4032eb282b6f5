import type { StoredBlob, StoredIndex, StoredManifest } from '../../image-archive/contents.js'
import { distinctBy } from '../../image-archive/distinct-by.js'
import { MAX_CONFIG_BYTES, parseConfig } from '../../oci/config.js'
import { isForeignLayer, parseManifest } from '../../oci/manifest.js'
import type { Descriptor, Manifest, Platform } from '../../oci/manifest.js'
import { isImageConfigMediaType } from '../../oci/media-types.js'
import type { Registry, ServedManifest } from '../../runner/deps.js'
import { problem } from '../../runner/errors.js'

export type StoredImage = StoredManifest | StoredIndex

/** The repository that an image is promoted from. */
export interface SourceRepository {
  readonly registry: Registry
  /** The path below the host, `alias/name`. */
  readonly path: string
}

/** Loads a manifest or index with everything below it, each digest once. Returns `undefined` if it does not exist. */
export type LoadSource = (digest: string) => Promise<StoredImage | undefined>

/** The maximum depth of nested indexes. Builders use at most two levels. */
const MAX_DEPTH = 8
/** The maximum number of manifests and indexes of an image and its referrers. They are kept in memory. */
const MAX_MANIFESTS = 1000
/** The maximum size of these manifests in bytes. */
const MAX_MANIFESTS_BYTES = 64 * 1024 ** 2

/**
 * Creates the loader of a repository. It reads manifests, and the configs of images whose platform is not in an index.
 * Layers are read when they are pushed.
 */
export function createSourceLoader(source: SourceRepository): LoadSource {
  const loaded = new Map<string, Promise<StoredImage | undefined>>()
  let bytesLeft = MAX_MANIFESTS_BYTES
  const load: LoadChild = (digest, platform, depth) => {
    const node = loaded.get(digest) ?? read(digest, platform, depth)
    loaded.set(digest, node)
    return node
  }
  const read: LoadChild = async (digest, platform, depth) => {
    const served = await source.registry.findManifest(source.path, digest)
    if (served === undefined) return undefined
    bytesLeft -= served.bytes.length
    if (depth > MAX_DEPTH || loaded.size > MAX_MANIFESTS || bytesLeft < 0) throw tooLarge(source)
    return toStored(served, platform, source, (child) =>
      load(child.digest, child.platform, depth + 1)
    )
  }
  return (digest) => load(digest, undefined, 0)
}

type LoadChild = (
  digest: string,
  platform: Platform | undefined,
  depth: number
) => Promise<StoredImage | undefined>

async function toStored(
  { bytes, digest, mediaType }: ServedManifest,
  platform: Platform | undefined,
  source: SourceRepository,
  loadChild: (child: Descriptor) => Promise<StoredImage | undefined>
): Promise<StoredImage> {
  const parsed = parseManifest(bytes, `manifest ${digest}`, mediaType)
  const shared = { bytes, mediaType: parsed.mediaType, digest }
  if (parsed.kind === 'manifest') {
    return {
      kind: 'stored-manifest',
      ...shared,
      platform: platform ?? (await findPlatform(parsed, source)),
      blobs: listBlobs(parsed, source)
    }
  }
  const children = new Map<string, StoredImage>()
  for (const each of parsed.manifests) {
    const child = await loadChild(each)
    if (child === undefined) throw missingChild(each, digest, source)
    children.set(each.digest, child)
  }
  return { kind: 'stored-index', ...shared, children: [...children.values()] }
}

/** Returns the platform in the config of an image, or `undefined` for an artifact, whose config can be anything. */
async function findPlatform(
  { config }: Manifest,
  { registry, path }: SourceRepository
): Promise<Platform | undefined> {
  if (!isImageConfigMediaType(config.mediaType) || config.size > MAX_CONFIG_BYTES) return undefined
  const bytes = await registry.getBlob(path, config.digest, MAX_CONFIG_BYTES)
  try {
    const { platform } = parseConfig(bytes, config.digest)
    return platform.os === '' ? undefined : platform
  } catch {
    return undefined
  }
}

/** Lists the config and the layers, each once. Of a layer that is stored outside the registry, nothing is copied. */
function listBlobs({ config, layers }: Manifest, source: SourceRepository): StoredBlob[] {
  const descriptors = [config, ...layers.filter((layer) => !isForeignLayer(layer))]
  return distinctBy(descriptors, ({ digest }) => digest).map((each) => toBlob(each, source))
}

function toBlob(descriptor: Descriptor, { registry, path }: SourceRepository): StoredBlob {
  const { digest, size } = descriptor
  return {
    descriptor,
    content: {
      name: `${registry.host}/${path}@${digest}`,
      isServed: true,
      size,
      read: () => registry.streamBlob(path, descriptor)
    }
  }
}

function missingChild({ digest }: Descriptor, index: string, { path }: SourceRepository): Error {
  return problem({
    what: 'The image to promote is not complete',
    value: `${path}@${digest}`,
    reason: `The index ${index} lists this manifest, but the registry does not have it.`,
    fix: 'Push the image again.'
  })
}

function tooLarge({ path }: SourceRepository): Error {
  return problem({
    what: 'The image to promote and its referrers have too many manifests',
    value: path,
    expected: `An image can have at most ${MAX_MANIFESTS} manifests, ${MAX_MANIFESTS_BYTES} bytes of manifests and ${MAX_DEPTH} levels of indexes.`,
    fix: 'Delete referrers that are not required, or promote the platform images separately.'
  })
}
