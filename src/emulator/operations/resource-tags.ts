import { ApiError, invalidParameter } from '../api-error.js'
import type { ValueOf } from '../model/types.js'
import type { Limits } from '../options.js'
import type { Repository } from '../store/store.js'
import { getRepository } from './operation.js'
import type { OperationCall } from './operation.js'

/**
 * The characters of AWS resource tags
 * (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html).
 */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const RESERVED_PREFIX = /^aws:/i

/**
 * Returns the repository with this ARN.
 *
 * @throws ApiError if the ARN is not valid or the repository does not exist
 */
export function getRepositoryByArn(call: OperationCall, arn: string): Repository {
  const match = /^arn:aws:ecr-public::([0-9]{12}):repository\/(.+)$/.exec(arn)
  const [, registryId, repositoryName] = match ?? []
  if (registryId === undefined || repositoryName === undefined) {
    throw invalidParameter('resourceArn', 'Invalid ARN')
  }
  return getRepository(call, { registryId, repositoryName })
}

/**
 * Adds resource tags to existing ones. An existing key gets the new value.
 *
 * @throws ApiError (InvalidTagParameterException, TooManyTagsException)
 */
export function mergeResourceTags(
  before: ReadonlyMap<string, string>,
  tags: readonly ValueOf<'Tag'>[],
  limits: Limits
): Map<string, string> {
  const after = new Map(before)
  const keys = new Set<string>()
  for (const { Key: key, Value: value = '' } of tags) {
    if (key === undefined) throw invalidTag('A tag needs a key.')
    if (keys.has(key)) throw invalidTag(`The tag key '${key}' is given more than once.`)
    checkTagKey(key)
    if (!TAG_TEXT.test(value))
      throw invalidTag(`The value of the tag '${key}' has characters that are not allowed.`)
    keys.add(key)
    after.set(key, value)
  }
  if (after.size > limits.resourceTags) throw tooManyTags(limits)
  return after
}

/**
 * @throws ApiError (InvalidTagParameterException) if the key is reserved by AWS or has invalid
 * characters
 */
export function checkTagKey(key: string): void {
  if (RESERVED_PREFIX.test(key)) throw invalidTag('Tag keys that begin with aws: are reserved.')
  if (!TAG_TEXT.test(key))
    throw invalidTag(`The tag key '${key}' has characters that are not allowed.`)
}

/** Creates the error for too many resource tags. */
export function tooManyTags({ resourceTags }: Limits): ApiError {
  return new ApiError(
    'TooManyTagsException',
    `The list of tags on the repository is over the limit. The maximum number of tags that can be applied to a repository is ${resourceTags}.`
  )
}

function invalidTag(reason: string): ApiError {
  return new ApiError(
    'InvalidTagParameterException',
    `An invalid parameter has been specified. ${reason}`
  )
}
