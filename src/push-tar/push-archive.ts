import type { ArchiveContents } from '../image-archive/contents.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { lookUpTags } from './look-up-tags.js'
import { withProgress } from './progress.js'
import { pushDockerImage } from './push-docker-image.js'
import { createPushSession } from './push-session.js'
import { pushStoredImage } from './push-stored-image.js'
import type { PushedImage } from './pushed-image.js'
import { LayersMissingError } from './put-image.js'
import type { TagState } from './tag-decisions.js'
import type { PushTarget } from './target.js'

/**
 * Pushes the image of an archive under these tags. Where the service misses layers that it said it has,
 * they are sent, once.
 *
 * @param states what the tags name now
 */
export async function pushArchive(
  archive: ArchiveContents,
  states: readonly TagState[],
  target: PushTarget,
  inputs: PushTarInputs,
  deps: Deps
): Promise<PushedImage> {
  try {
    return await pushOnce(archive, states, target, inputs, deps, new Set())
  } catch (error) {
    if (!(error instanceof LayersMissingError)) throw error
    deps.log.info(`Layers are sent that the service said to have: ${error.message}`)
    const tags = states.map(({ tag }) => tag)
    const now = await lookUpTags(tags, target.address, deps)
    try {
      return await pushOnce(archive, now, target, inputs, deps, new Set(error.digests))
    } catch (again) {
      throw again instanceof LayersMissingError ? stillMissing(again) : again
    }
  }
}

function stillMissing(error: LayersMissingError): Error {
  return problem(
    {
      what: 'The service does not find layers of the image, though they were sent to it',
      value: error.message,
      fix: 'run the step again'
    },
    error.cause
  )
}

function pushOnce(
  archive: ArchiveContents,
  states: readonly TagState[],
  target: PushTarget,
  inputs: PushTarInputs,
  deps: Deps,
  distrusted: ReadonlySet<string>
): Promise<PushedImage> {
  const session = createPushSession(inputs, deps, target, distrusted)
  const { root, referrers = [] } = archive
  return withProgress(session.meter, deps, () =>
    root.kind === 'docker-image'
      ? pushDockerImage(root, states, session)
      : pushStoredImage(root, referrers, states, session)
  )
}
