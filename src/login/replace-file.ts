import { randomUUID } from 'node:crypto'
import { chmod, chown, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../runner/errors.js'
import { removeFile } from './remove-file.js'

/** The mode of a new file before `mode` is set: only the owner can read and write it. */
const INITIAL_MODE = 0o600

/** The attributes of a file to write. */
export interface ReplaceOptions {
  /** The permission bits. */
  readonly mode: number
  /** The owner of the replaced file, which is kept if the user is allowed to set it. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  /** `false` for a file that may be lost if the machine crashes. */
  readonly flush: boolean
}

/** Returns the beginning of the names of the temporary files of `replaceFile`. */
function temporaryPrefixOf(path: string): string {
  return `.${basename(path)}.ecr-public-`
}

/** Lists the temporary files of processes that were killed while they replaced the file, or that still replace it. */
export async function listTemporaryFiles(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => [])
  const prefix = temporaryPrefixOf(path)
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(dirname(path), name))
}

/**
 * Creates or replaces a file atomically: other programs read either the old text or the new text. The package
 * `write-file-atomic` is not used, because it requires a newer Node.js and creates the file with its old mode first.
 *
 * @throws the error of the file system; the old file is kept
 */
export async function replaceFile(
  path: string,
  text: string,
  { mode, owner, flush }: ReplaceOptions
): Promise<void> {
  const temporary = join(dirname(path), `${temporaryPrefixOf(path)}${randomUUID()}`)
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: INITIAL_MODE, flush })
    if (owner !== undefined) await chown(temporary, owner.uid, owner.gid).catch(() => undefined)
    if (mode !== INITIAL_MODE) await chmod(temporary, mode)
    await renameOver(temporary, path)
  } catch (error) {
    await removeFile(temporary).catch(() => undefined)
    throw error
  }
}

const RENAME_ATTEMPTS = 20
const RENAME_DELAY_MS = 25

/** Renames a file. On Windows, this fails while another program, such as a virus scanner, has the target open. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const isBusy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '')
      if (process.platform !== 'win32' || !isBusy || attempt === RENAME_ATTEMPTS) throw error
      await delay(RENAME_DELAY_MS)
    }
  }
}
