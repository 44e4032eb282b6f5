import type { ArchiveContents } from '../image-archive/contents.js'
import { openArchive } from '../image-archive/open-archive.js'
import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { saveImage } from './save-image.js'

/**
 * Opens the image to push and logs the warnings of its archive. An image of a local container engine is saved to a
 * temporary archive first.
 *
 * @param archiveImage selects one image of an archive that contains several
 */
export async function openImage(
  source: Exclude<PushTarInputs['source'], { readonly kind: 'from' }>,
  archiveImage: string | undefined,
  deps: Pick<Deps, 'exec' | 'log' | 'signal' | 'temporaryDirectory'>
): Promise<ArchiveContents> {
  const { log, signal, temporaryDirectory } = deps
  const path = source.kind === 'tar' ? source.path : await saveImage(source.reference, deps)
  const archive = await openArchive(path, {
    archiveImage,
    temporaryDirectory,
    signal,
    info: (line) => log.info(line)
  })
  for (const warning of archive.warnings) log.warning(warning)
  return archive
}
