import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'
import {
  checkArchiveTags,
  checkReferences,
  describeOtherNames,
  parseGivenTags
} from './check-tags.js'
import { checkZstdSupport } from './compress/zstd.js'
import { openImage } from './open-image.js'
import { listDockerImages } from './push-plan.js'
import { openSourceImage } from './promotion/open-source-image.js'
import { pushImage } from './push-image.js'
import { reportPush } from './report-push.js'
import { resolveTarget } from './resolve-target.js'
import { waitUntilServed } from './wait-until-served.js'

/** Pushes the image of an archive, of a local container engine or of the registry through the layer API. */
export async function pushTar(inputs: PushTarInputs, deps: Deps): Promise<Report> {
  const { source, archiveImage, repository, registryId, imageTags, compression } = inputs
  const { reuseLayers, dryRun, wait } = inputs
  // These checks need neither the archive nor the network.
  if (compression === 'zstd') checkZstdSupport()
  const given = imageTags === undefined ? undefined : parseGivenTags(imageTags)

  // A token of the registry does not depend on the other calls, so it is requested before the first read.
  const requestToken = (): void => void deps.accountToken().catch(() => undefined)
  if (source.kind === 'from') requestToken()
  const image =
    source.kind === 'from'
      ? await openSourceImage(source.reference, inputs, deps)
      : await openImage(source, archiveImage, deps)
  try {
    const tags = given?.tags ?? checkArchiveTags(image)
    const warning = given === undefined ? describeOtherNames(image) : undefined
    if (warning !== undefined) deps.log.warning(warning)
    if (reuseLayers && listDockerImages(image).length > 0) requestToken()
    const named = 'repository' in image ? image.repository : repository
    const { target, currentTags } = await resolveTarget(named, registryId, tags, dryRun, deps)
    if (given !== undefined) checkReferences(given, target)
    const pushed = await pushImage(image, currentTags, target, inputs, deps)
    if (wait && !dryRun) await waitUntilServed(pushed, target, deps)
    return reportPush(pushed, target, dryRun, deps.log)
  } finally {
    await image.close()
  }
}
