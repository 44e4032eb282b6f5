import type { DockerImage } from '../image-archive/contents.js'
import { problem } from '../runner/errors.js'
import { MAX_MANIFEST_BYTES } from '../oci/manifest.js'
import type { Descriptor } from '../oci/manifest.js'
import { compressionOfLayer, MEDIA_TYPES } from '../oci/media-types.js'
import { MAX_LAYER_SIZE_BYTES } from './limits.js'

/** A manifest as it is pushed. */
export interface WrittenManifest {
  readonly bytes: Buffer
  readonly mediaType: string
}

/** How layers are named in the manifest that is written. */
type Family = 'docker' | 'oci'

const LAYER_TYPES: Readonly<Record<Family, Readonly<Record<'none' | 'gzip' | 'zstd', string>>>> = {
  docker: {
    none: MEDIA_TYPES.dockerLayer,
    gzip: MEDIA_TYPES.dockerLayerGzip,
    // Docker's schema knows no zstd: such an image is written as OCI's.
    zstd: MEDIA_TYPES.ociLayerZstd
  },
  oci: {
    none: MEDIA_TYPES.ociLayer,
    gzip: MEDIA_TYPES.ociLayerGzip,
    zstd: MEDIA_TYPES.ociLayerZstd
  }
}

/**
 * The manifest of an image that came without one: Docker's schema 2, which every client takes, or, where
 * a layer is compressed with zstd or there are annotations, OCI's. The bytes depend on the arguments alone.
 *
 * @param layers with media types of either family; foreign layers keep theirs
 */
export function writeManifest(
  config: Pick<Descriptor, 'digest' | 'size'>,
  layers: readonly Descriptor[],
  annotations?: Descriptor['annotations']
): WrittenManifest {
  const hasZstd = layers.some(({ mediaType }) => compressionOfLayer(mediaType) === 'zstd')
  const family: Family = hasZstd || annotations !== undefined ? 'oci' : 'docker'
  const mediaType = family === 'oci' ? MEDIA_TYPES.ociManifest : MEDIA_TYPES.dockerManifest
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: family === 'oci' ? MEDIA_TYPES.ociConfig : MEDIA_TYPES.dockerConfig,
      size: config.size,
      digest: config.digest
    },
    layers: layers.map((layer) => ({
      mediaType: layerType(layer, family),
      size: layer.size,
      digest: layer.digest,
      ...(layer.urls === undefined ? {} : { urls: layer.urls }),
      ...(layer.annotations === undefined || family === 'docker'
        ? {}
        : { annotations: layer.annotations })
    })),
    ...(annotations === undefined ? {} : { annotations })
  }
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType }
}

/**
 * @throws ActionError where the manifest of an image of these layers would be larger than the service takes,
 *   whatever their digests and sizes come to
 */
export function checkManifestSize({ layers, annotations }: DockerImage): void {
  const ofLargest = { digest: `sha256:${'0'.repeat(64)}`, size: MAX_LAYER_SIZE_BYTES }
  const descriptors = layers.map((layer) =>
    layer.kind === 'foreign-layer'
      ? layer.descriptor
      : { mediaType: MEDIA_TYPES.dockerLayerGzip, ...ofLargest }
  )
  const { length } = writeManifest(ofLargest, descriptors, annotations).bytes
  if (length <= MAX_MANIFEST_BYTES) return
  throw problem({
    what: `The image has too many layers: its manifest would take up to ${length} bytes`,
    value: `${layers.length} layers`,
    expected: `a manifest of at most ${MAX_MANIFEST_BYTES} bytes`
  })
}

function layerType({ mediaType, urls }: Descriptor, family: Family): string {
  const compression = compressionOfLayer(mediaType)
  if (compression === undefined || urls !== undefined) return mediaType
  return LAYER_TYPES[family][compression]
}
