import { openArchive } from '../archive/open-archive.js'
import type { Deps } from '../deps.js'
import type { PushTarInputs } from '../inputs.js'
import { describeChange } from '../plan.js'
import { lookUpTags } from '../push/look-up-tags.js'
import { pushArchive } from '../push/push-archive.js'
import { layerLines, pushReport } from '../push/push-report.js'
import { saveImage } from '../push/save-image.js'
import { checkTags } from '../push/tag-decisions.js'
import { getPushAddress, getPushTarget } from '../push/target.js'
import { checkZstdIsThere } from '../push/zstd.js'
import type { Report } from '../report.js'

/** Pushes an image archive: archive → registry → tags decided → layers → manifests → tags. */
export async function pushTar(inputs: PushTarInputs, deps: Deps): Promise<Report> {
  if (inputs.compression === 'zstd') checkZstdIsThere()
  const givenTags = inputs.imageTags === undefined ? undefined : checkTags(inputs.imageTags)
  const { source } = inputs
  const path = source.kind === 'tar' ? source.path : await saveImage(source.reference, deps)
  const archive = await openArchive(path, {
    archiveImage: inputs.archiveImage,
    temporaryFolder: deps.temporaryFolder,
    signal: deps.signal,
    info: (line) => deps.log.info(line)
  })
  try {
    for (const warning of archive.warnings) deps.log.warning(warning)
    const tags = givenTags ?? checkTags(archive.tags)
    const address = await getPushAddress(inputs, deps)
    const states = lookUpTags(tags, address, deps)
    // Where both fail, the repository is the reason.
    states.catch(() => undefined)
    const target = await getPushTarget(address, deps)
    const pushed = await pushArchive(archive, await states, target, inputs, deps)
    const report = pushReport(pushed, target)
    for (const line of layerLines(pushed)) deps.log.info(line)
    for (const change of report.plan) {
      if (change.kind !== 'layer') deps.log.info(describeChange(change))
    }
    return report
  } finally {
    await archive.close()
  }
}
