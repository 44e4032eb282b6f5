import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a directory and its missing parent directories. Some file systems (procfs, autofs) reject a new directory with
 * ENOENT, which the `recursive` option of Node.js retries without an end.
 */
export function makeDirectory(path: string): void {
  try {
    createOne(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
    makeDirectory(parent)
    createOne(path)
  }
}

function createOne(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}
