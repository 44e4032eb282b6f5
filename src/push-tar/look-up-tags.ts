import pLimit from 'p-limit'
import type { Deps } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { PushSession } from './push-session.js'
import { findDigest } from './put-image.js'
import { decideTags, isWritten } from './tag-decisions.js'
import type { TagDecision, TagState } from './tag-decisions.js'

/** Tags that are looked up at once. */
const LOOKUPS_AT_ONCE = 8

/** What the tags name now. The first one that cannot be looked up ends it. */
export async function lookUpTags(
  tags: readonly string[],
  address: RepositoryAddress,
  { api }: Pick<Deps, 'api'>
): Promise<TagState[]> {
  const limit = pLimit(LOOKUPS_AT_ONCE)
  try {
    return await limit.map(tags, async (tag) => ({
      tag,
      digest: await findDigest(api, address, tag)
    }))
  } catch (error) {
    limit.clearQueue()
    throw error
  }
}

/**
 * The decisions as they are right before tags are set: another job may have set one while layers were sent,
 * and only with `move` may it be taken from it.
 *
 * @param digest of the image
 * @throws ActionError where `if-tag-exists` is `fail` and a tag names another image by now
 */
export async function confirmTags(
  decisions: readonly TagDecision[],
  digest: string,
  { inputs, target, deps, policy }: PushSession
): Promise<readonly TagDecision[]> {
  const { ifTagExists } = inputs
  const isWriting = policy.writes && decisions.some(({ action }) => isWritten(action))
  if (ifTagExists === 'move' || !isWriting) return decisions
  const tags = decisions.map(({ tag }) => tag)
  return decideTags(await lookUpTags(tags, target.address, deps), digest, ifTagExists, target.name)
}
