import { sha256Digest } from '../oci/digest.js'
import { MAX_MANIFEST_BYTES } from '../oci/manifest.js'
import type { Descriptor, Platform } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import { problem } from '../runner/errors.js'
import type { ManifestToPut } from './put-manifests.js'

/**
 * Writes an OCI index of these manifests. Equal arguments give equal bytes.
 *
 * @throws ActionError if the index is larger than ECR Public allows
 */
export function writeIndex(manifests: readonly Descriptor[]): ManifestToPut {
  const mediaType = MEDIA_TYPES.ociIndex
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, manifests: manifests.map(writeDescriptor) })
  )
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw problem({
      what: 'The index of the archives is too large',
      value: `${bytes.length} bytes`,
      expected: `ECR Public accepts at most ${MAX_MANIFEST_BYTES} bytes.`
    })
  }
  return { bytes, mediaType, digest: sha256Digest(bytes) }
}

/** Members that are `undefined` are not written. */
function writeDescriptor(descriptor: Descriptor): object {
  const { mediaType, digest, size, platform, annotations, artifactType } = descriptor
  return {
    mediaType,
    digest,
    size,
    platform: platform === undefined ? undefined : writePlatform(platform),
    artifactType,
    annotations
  }
}

function writePlatform(platform: Platform): object {
  const { architecture, os, osVersion, osFeatures, variant } = platform
  return {
    architecture,
    os,
    'os.version': osVersion,
    'os.features': osFeatures,
    variant: variant === '' ? undefined : variant
  }
}
