/**
 * The quotas of ECR Public for images (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html).
 * They cannot be increased.
 */

const MIB = 1024 * 1024

/** The minimum size of every part of a layer except the last one. */
export const MIN_PART_SIZE_BYTES = 5 * MIB
/** The quota. The 20 MiB of the API model are the limit of private registries. */
export const MAX_PART_SIZE_BYTES = 10 * MIB
export const MAX_PARTS = 1000
export const MAX_TAGS_PER_IMAGE = 1000
/** The maximum number of digests per BatchCheckLayerAvailability call (API model). */
export const MAX_DIGESTS_PER_CHECK = 100
