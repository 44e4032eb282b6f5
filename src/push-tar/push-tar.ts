import { openArchive } from '../image-archive/open-archive.js'
import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { describeChange } from '../runner/plan.js'
import { lookUpTags } from './look-up-tags.js'
import { pushArchive } from './push-archive.js'
import { layerLines, pushReport } from './push-report.js'
import { saveImage } from './save-image.js'
import { checkTags } from './tag-decisions.js'
import { getPushAddress, getPushTarget } from './target.js'
import { checkZstdIsThere } from './compress/zstd.js'
import type { Report } from '../runner/report.js'

/** Pushes an image archive: archive → registry → tags decided → layers → manifests → tags. */
export async function pushTar(inputs: PushTarInputs, deps: Deps): Promise<Report> {
  if (inputs.compression === 'zstd') checkZstdIsThere()
  const givenTags = inputs.imageTags === undefined ? undefined : checkTags(inputs.imageTags)
  const { source } = inputs
  const path = source.kind === 'tar' ? source.path : await saveImage(source.reference, deps)
  const archive = await openArchive(path, {
    archiveImage: inputs.archiveImage,
    temporaryDirectory: deps.temporaryDirectory,
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
