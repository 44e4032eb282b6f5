import { unlink } from 'node:fs/promises'
import { codeOf } from '../runner/errors.js'

/**
 * Deletes a file, if it exists. On Windows, `rm` of some Node.js 24 releases does not delete files whose path is not
 * ASCII, and reports no error (https://github.com/nodejs/node/issues/65578).
 */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
