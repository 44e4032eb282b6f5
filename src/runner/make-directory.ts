import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './errors.js'

/** How often a directory is created again because another process deleted its parent directory. */
const MAX_ATTEMPTS = 10

/**
 * Creates a directory and its missing parent directories. Some file systems (procfs, autofs) reject a new directory with
 * ENOENT, which the `recursive` option of Node.js retries without an end.
 *
 * @param mode the permission bits of the new directories
 * @returns the topmost directory that was created, or `undefined` if all existed
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<string | undefined> {
  const parent = dirname(path)
  let topmost: string | undefined
  for (let attempt = 1; ; attempt++) {
    try {
      const isCreated = await tryCreate(path, mode)
      return topmost ?? (isCreated ? path : undefined)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || parent === path || attempt === MAX_ATTEMPTS) throw error
      topmost = (await makeDirectory(parent, mode)) ?? topmost
    }
  }
}

/** Creates one directory. Returns `false` if it exists. */
async function tryCreate(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode)
    return true
  } catch (error) {
    // The code for an existing directory depends on the platform and on the permissions of its parent directory.
    const stats = await stat(path).catch(() => undefined)
    if (stats?.isDirectory() === true) return false
    throw error
  }
}
