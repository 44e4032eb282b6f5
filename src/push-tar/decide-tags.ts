import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { listCurrentTags } from './list-current-tags.js'
import type { CurrentTag } from './list-current-tags.js'

/** A tag and what the push does with it. */
export interface TagDecision extends CurrentTag {
  /** `keep`: the tag already refers to this image. `skip`: it refers to another image and is not moved. */
  readonly action: 'create' | 'move' | 'keep' | 'skip'
}

/**
 * Decides what to do with each tag.
 *
 * @param digest the digest of the image, or `undefined` if no current tag can refer to the image
 * @throws ActionError if `ifTagExists` is `fail` and a tag refers to another image
 */
export function decideTags(
  currentTags: readonly CurrentTag[],
  digest: string | undefined,
  ifTagExists: PushTarInputs['ifTagExists'],
  repositoryName: string
): TagDecision[] {
  const decisions = currentTags.map((current): TagDecision => {
    if (current.digest === undefined) return { ...current, action: 'create' }
    if (current.digest === digest) return { ...current, action: 'keep' }
    return { ...current, action: ifTagExists === 'skip' ? 'skip' : 'move' }
  })
  const moved = decisions.filter(({ action }) => action === 'move')
  if (ifTagExists === 'fail' && moved.length > 0) {
    throw problem({
      what: 'A tag already refers to another image',
      value: moved.map(({ tag }) => `${repositoryName}:${tag}`).join(', '),
      reason: 'The input "if-tag-exists" is "fail".',
      fix: 'Use other tags, or set "if-tag-exists" to "move" or "skip".'
    })
  }
  return decisions
}

interface ConfirmOptions extends Pick<PushTarInputs, 'ifTagExists' | 'dryRun'> {
  /** `false` if no layer or config was uploaded since the tags were read. */
  readonly hasUploaded: boolean
}

/**
 * Decides about the tags immediately before they are set. They are read again, because another job may have set one
 * in the meantime. Tags that may be moved are read again only after an upload, which can take long.
 *
 * @throws ActionError if `ifTagExists` is `fail` and a tag refers to another image
 */
export async function confirmTags(
  currentTags: readonly CurrentTag[],
  digest: string,
  { ifTagExists, dryRun, hasUploaded }: ConfirmOptions,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<readonly TagDecision[]> {
  const { repositoryName } = repository
  const decisions = decideTags(currentTags, digest, ifTagExists, repositoryName)
  if (dryRun || tagsToSet(decisions).length === 0) return decisions
  if (!hasUploaded && ifTagExists === 'move') return decisions
  const tags = currentTags.map(({ tag }) => tag)
  const tagsNow = await listCurrentTags(tags, repository, api)
  return decideTags(tagsNow, digest, ifTagExists, repositoryName)
}

/** Returns the tags that the push creates or moves. */
export function tagsToSet(decisions: readonly TagDecision[]): string[] {
  return decisions.flatMap(({ tag, action }) =>
    action === 'create' || action === 'move' ? [tag] : []
  )
}

/** Returns `true` if there are tags, and every one of them refers to another image and is not moved. */
export function areAllSkipped(decisions: readonly TagDecision[]): boolean {
  return decisions.length > 0 && decisions.every(({ action }) => action === 'skip')
}
