/**
 * The media types of the OCI image specification
 * (https://github.com/opencontainers/image-spec/blob/main/media-types.md) and of Docker's image manifest v2 schema 2
 * (https://distribution.github.io/distribution/spec/manifest-v2-2/).
 */
export const MEDIA_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
} as const

/** Returns `true` for an OCI index and for a Docker manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociIndex || mediaType === MEDIA_TYPES.dockerManifestList
}

/** Returns `true` for the manifest of one image, in OCI or Docker format. */
export function isManifestMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociManifest || mediaType === MEDIA_TYPES.dockerManifest
}

/** Returns `true` for the config of a container image, in OCI or Docker format. */
export function isImageConfigMediaType(mediaType: string | undefined): boolean {
  return mediaType === MEDIA_TYPES.ociConfig || mediaType === MEDIA_TYPES.dockerConfig
}

/**
 * Returns the compression of a layer with this media type, or `undefined` if it is not a tar archive. Layers can be images of file
 * systems, such as `application/vnd.stacker.image.layer.squashfs+zstd`, which is not compressed with zstd as a whole.
 */
export function compressionOfLayer(mediaType: string): 'none' | 'gzip' | 'zstd' | undefined {
  const isLayer = mediaType.includes('.layer.') || mediaType.includes('.rootfs.')
  if (!isLayer) return undefined
  if (mediaType.endsWith('.tar')) return 'none'
  if (/\.tar[.+]gzip$/.test(mediaType)) return 'gzip'
  if (/\.tar[.+]zstd$/.test(mediaType)) return 'zstd'
  return undefined
}
