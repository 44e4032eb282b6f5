/** The media types of OCI and Docker images. */
export const MEDIA_TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip'
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip'
  }
} as const

/** The config of an artifact without one (OCI image specification 1.1, "empty descriptor"). */
export const EMPTY_MEDIA_TYPE = 'application/vnd.oci.empty.v1+json'

/** The config of a Helm chart. */
export const HELM_CONFIG_MEDIA_TYPE = 'application/vnd.cncf.helm.config.v1+json'

const INDEX_MEDIA_TYPES: readonly string[] = [MEDIA_TYPES.oci.index, MEDIA_TYPES.docker.index]
const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPES.oci.manifest,
  MEDIA_TYPES.docker.manifest
]

/** Returns `true` for the media types of an OCI index and a Docker manifest list. */
export function isIndex(mediaType: string): boolean {
  return INDEX_MEDIA_TYPES.includes(mediaType)
}

/** Returns `true` for the media types of an OCI and a Docker image manifest. */
export function isImageManifest(mediaType: string): boolean {
  return MANIFEST_MEDIA_TYPES.includes(mediaType)
}
