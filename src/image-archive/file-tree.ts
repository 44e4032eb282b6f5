import type { StoredContent } from './contents.js'

/** The files of an archive or of a layout directory, by their names; nothing outside of it can be reached. */
export interface FileTree {
  /** The archive's path, for errors. */
  readonly path: string
  /**
   * The file of this name, links followed.
   *
   * @param name as `getNameInside` gives it
   * @throws ActionError where it is no file, its links go in a circle or lead out, or it is there twice
   *   with different bytes
   */
  find(name: string): Promise<StoredContent | undefined>
  /** Some names in it, for errors and hints; at most a thousand. */
  listNames(): Promise<readonly string[]>
  /** What to add to an error that misses a file; empty where there is nothing to say. */
  readonly hint: string
  close(): Promise<void>
}
