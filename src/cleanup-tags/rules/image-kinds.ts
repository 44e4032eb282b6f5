import {
  isImageConfigMediaType,
  isIndexMediaType,
  isManifestMediaType,
  MEDIA_TYPES
} from '../../oci/media-types.js'
import type { ListedImage } from './inventory.js'

const OCI_ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json'

const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json'

/** Other manifest types that are not an index. Old repositories still contain them. */
const OTHER_MANIFEST_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  OCI_ARTIFACT_MANIFEST
])

/** Returns `false` only for types that are not an index. An unknown or missing type can be an index. */
export function canBeIndex({ mediaType }: ListedImage): boolean {
  if (mediaType === undefined || isIndexMediaType(mediaType)) return true
  return !isManifestMediaType(mediaType) && !OTHER_MANIFEST_TYPES.has(mediaType)
}

/** Returns whether a manifest can have a subject. Docker's manifests cannot. */
export function canRefer(image: ListedImage): boolean {
  const { mediaType } = image
  return (
    canBeIndex(image) ||
    mediaType === MEDIA_TYPES.ociManifest ||
    mediaType === OCI_ARTIFACT_MANIFEST
  )
}

/** Returns whether an image to delete is likely to have a subject, so that its manifest is always read. */
export function mustBeRead(image: ListedImage): boolean {
  if (isIndexMediaType(image.mediaType ?? '')) return false
  return canRefer(image) && !isContainerImage(image)
}

/**
 * Returns whether a kept manifest is read to find its subject. Container images and Helm charts do not have one in
 * practice, and there can be many of them.
 */
export function canKeepSubject(image: ListedImage): boolean {
  if (canBeIndex(image)) return true
  return canRefer(image) && !isContainerImage(image) && image.artifactMediaType !== HELM_CONFIG
}

/**
 * Returns whether a manifest is certainly not an image, but a signature, an SBOM, an attestation or another artifact. A
 * missing type and the one of a Helm chart count as an image.
 */
export function isArtifact({ mediaType, artifactMediaType }: ListedImage): boolean {
  if (mediaType === OCI_ARTIFACT_MANIFEST) return true
  if (mediaType !== MEDIA_TYPES.ociManifest || artifactMediaType === undefined) return false
  return artifactMediaType !== HELM_CONFIG && !isImageConfigMediaType(artifactMediaType)
}

/** Returns whether the config is a container image's. Signatures, attestations and SBOMs have other configs. */
function isContainerImage(image: ListedImage): boolean {
  const { artifactMediaType } = image
  if (canBeIndex(image)) return false
  return isImageConfigMediaType(artifactMediaType)
}
