import { ApiError, invalidParameter } from '../api-error.js'
import type { ValueOf } from '../model/types.js'
import type { Limits } from '../options.js'
import type { Repository } from '../store.js'
import { getRepository } from './operation.js'
import type { OperationCall } from './operation.js'

/** What tags of AWS resources are made of (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html). */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const RESERVED_PREFIX = /^aws:/i

/**
 * The repository that an ARN names.
 *
 * @throws ApiError where it is no ARN of a repository, or there is none
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
 * The tags after adding these; keys that are there get the new value.
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

/** @throws ApiError (InvalidTagParameterException) where AWS keeps the key for itself or forbids it */
export function checkTagKey(key: string): void {
  if (RESERVED_PREFIX.test(key)) throw invalidTag('Tag keys that begin with aws: are reserved.')
  if (!TAG_TEXT.test(key))
    throw invalidTag(`The tag key '${key}' has characters that are not allowed.`)
}

/** The service's error for more resource tags than a repository may have. */
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
