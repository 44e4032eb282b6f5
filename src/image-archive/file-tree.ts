import { problem } from '../runner/errors.js'
import type { StoredContent } from './contents.js'

/** The maximum number of images that a file of an archive can list. */
const MAX_IMAGES = 1000

/** The maximum number of names that `listNames` returns. */
export const MAX_LISTED_NAMES = 1000

/** The files of an archive or of a layout directory by their names. No file outside of it can be read. */
export interface FileTree {
  /** The path of the archive, for errors. */
  readonly path: string
  readonly isDirectory: boolean
  /**
   * Returns the file with this name and follows links.
   *
   * @param name a name as `getNameInside` returns it
   * @throws ActionError if it is not a regular file, if its links form a cycle or point outside the archive, or if
   *   the archive contains different files with this name
   */
  find(name: string): Promise<StoredContent | undefined>
  /** Lists the names in a directory in their order, without the names in its subdirectories. */
  listDirectory(directory: string): Promise<readonly string[]>
  /** Lists at most `MAX_LISTED_NAMES` names, for errors. */
  listNames(): Promise<readonly string[]>
  /** A sentence to add to the error of a missing file, if there is one. */
  readonly hint?: string | undefined
  close(): Promise<void>
}

/** Returns a file of an archive. @throws ActionError if it is missing, with the file that refers to it (`namedBy`) */
export async function getArchiveFile(
  tree: FileTree,
  name: string,
  namedBy: string
): Promise<StoredContent> {
  const content = await tree.find(name)
  if (content !== undefined) return content
  throw problem({
    what: `A file that ${namedBy} refers to is missing in ${tree.path}`,
    value: name,
    fix: tree.hint
  })
}

/** @throws ActionError if a file of an archive lists too many images */
export function checkImageCount(count: number, name: string): void {
  if (count <= MAX_IMAGES) return
  throw problem({
    what: `${name} lists ${count} images`,
    expected: `An archive can list at most ${MAX_IMAGES} images.`,
    fix: 'Save fewer images in one archive.'
  })
}
