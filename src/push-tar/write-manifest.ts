import type { DockerImage } from '../image-archive/contents.js'
import { MAX_LAYER_SIZE_BYTES, MAX_MANIFEST_BYTES } from '../oci/manifest.js'
import type { Descriptor } from '../oci/manifest.js'
import { compressionOfLayer, MEDIA_TYPES } from '../oci/media-types.js'
import { problem } from '../runner/errors.js'

/** The format of a manifest. */
type Format = 'docker' | 'oci'

const LAYER_TYPES: Readonly<Record<Format, Readonly<Record<'none' | 'gzip' | 'zstd', string>>>> = {
  docker: {
    none: MEDIA_TYPES.dockerLayer,
    gzip: MEDIA_TYPES.dockerLayerGzip,
    // Docker's schema 2 does not define zstd, so a manifest with zstd layers is always in OCI format.
    zstd: MEDIA_TYPES.ociLayerZstd
  },
  oci: {
    none: MEDIA_TYPES.ociLayer,
    gzip: MEDIA_TYPES.ociLayerGzip,
    zstd: MEDIA_TYPES.ociLayerZstd
  }
}

/**
 * Writes the manifest of an image: in Docker schema 2 format, which every client supports, or in OCI format if a layer
 * is compressed with zstd or the image has annotations. Equal arguments give equal bytes.
 *
 * @param layers descriptors with media types of either format. Foreign layers keep their media type
 */
export function writeManifest(
  config: Pick<Descriptor, 'digest' | 'size'>,
  layers: readonly Descriptor[],
  annotations?: Descriptor['annotations']
): { readonly bytes: Buffer; readonly mediaType: string } {
  const hasZstd = layers.some(({ mediaType }) => compressionOfLayer(mediaType) === 'zstd')
  const format: Format = hasZstd || annotations !== undefined ? 'oci' : 'docker'
  const mediaType = format === 'oci' ? MEDIA_TYPES.ociManifest : MEDIA_TYPES.dockerManifest
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: format === 'oci' ? MEDIA_TYPES.ociConfig : MEDIA_TYPES.dockerConfig,
      size: config.size,
      digest: config.digest
    },
    layers: layers.map((layer) => ({
      mediaType: layerType(layer, format),
      size: layer.size,
      digest: layer.digest,
      ...(layer.urls === undefined ? {} : { urls: layer.urls }),
      ...(layer.annotations === undefined || format === 'docker'
        ? {}
        : { annotations: layer.annotations })
    })),
    ...(annotations === undefined ? {} : { annotations })
  }
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType }
}

/** @throws ActionError if the manifest could exceed the maximum size, before the digests of the layers are known */
export function checkManifestSize({ layers, annotations }: DockerImage): void {
  const longest = { digest: `sha256:${'0'.repeat(64)}`, size: MAX_LAYER_SIZE_BYTES }
  const descriptors = layers.map((layer) =>
    layer.kind === 'foreign-layer'
      ? layer.descriptor
      : { mediaType: MEDIA_TYPES.dockerLayerGzip, ...longest }
  )
  const { length } = writeManifest(longest, descriptors, annotations).bytes
  if (length <= MAX_MANIFEST_BYTES) return
  throw problem({
    what: 'The image has too many layers',
    value: `${layers.length} layers`,
    reason: `Its manifest could take up to ${length} bytes.`,
    expected: `ECR Public accepts manifests of at most ${MAX_MANIFEST_BYTES} bytes.`
  })
}

function layerType({ mediaType, urls }: Descriptor, format: Format): string {
  const compression = compressionOfLayer(mediaType)
  if (compression === undefined || urls !== undefined) return mediaType
  return LAYER_TYPES[format][compression]
}
