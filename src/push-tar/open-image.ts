import type { ArchiveContents } from '../image-archive/contents.js'
import { openArchives } from '../image-archive/open-archives.js'
import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { findArchives } from './find-archives.js'
import { mergeImages } from './merge-images.js'
import type { MergedImage } from './merge-images.js'
import { saveImage } from './save-image.js'

/** The image to push, with its names in the archives. Its layers can be read until it is closed. */
export interface OpenedImage extends MergedImage, Pick<ArchiveContents, 'close'> {}

/**
 * Opens the image to push and logs the warnings of its archives. Several archives are merged to one image. An image of
 * a local container engine is saved to a temporary archive first.
 *
 * @param archiveImage selects one image of each archive that contains several
 */
export async function openImage(
  source: Exclude<PushTarInputs['source'], { readonly kind: 'from' }>,
  archiveImage: string | undefined,
  deps: Pick<Deps, 'exec' | 'log' | 'signal' | 'temporaryDirectory'>
): Promise<OpenedImage> {
  const { log, signal, temporaryDirectory } = deps
  const paths =
    source.kind === 'tar'
      ? await findArchives(source.lines)
      : [await saveImage(source.reference, deps)]
  const info = (line: string): void => log.info(line)
  const archives = await openArchives(paths, { archiveImage, temporaryDirectory, signal, info })
  const close = async (): Promise<void> => {
    for (const archive of archives) await archive.close()
  }
  try {
    const merged = mergeImages(
      archives.map((archive, at) => ({ ...archive, path: paths[at] ?? '' }))
    )
    for (const warning of merged.warnings) log.warning(warning)
    return { ...merged, close }
  } catch (error) {
    await close()
    throw error
  }
}
