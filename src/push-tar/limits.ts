/**
 * What ECR Public takes of an image
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html). None of it can be raised.
 */

const MIB = 1024 * 1024

/** A part of a layer must have at least so many bytes, unless it is the last one. */
export const MIN_PART_SIZE_BYTES = 5 * MIB
/** The API model says 20 MiB, which is the number of private registries. */
export const MAX_PART_SIZE_BYTES = 10 * MIB
export const MAX_PARTS = 1000
export { MAX_LAYER_SIZE_BYTES } from '../oci/manifest.js'
export const MAX_TAGS_PER_IMAGE = 1000
/** How many digests one BatchCheckLayerAvailability takes (the API model). */
export const MAX_DIGESTS_PER_CHECK = 100
