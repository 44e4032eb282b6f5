import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { codeOf } from '../runner/errors.js'

/**
 * A call of `node:fs` as one of `node:fs/promises`, but made at once: with files of a few kilobytes, and
 * nothing else to do meanwhile, the detour by a thread that those make takes longer than the call.
 */
function atOnce<Arguments extends unknown[], Result>(
  call: (...parameters: Arguments) => Result
): (...parameters: Arguments) => Promise<Result> {
  return (...parameters) => new Promise((resolve) => resolve(call(...parameters)))
}

/** As `access` of `node:fs/promises`. */
export const access = atOnce(accessSync)

/** As `chmod` of `node:fs/promises`. */
export const chmod = atOnce(chmodSync)

/** As `chown` of `node:fs/promises`. */
export const chown = atOnce(chownSync)

/** As `rename` of `node:fs/promises`. */
export const rename = atOnce(renameSync)

/** Where a symbolic link leads. @throws where it is none */
export const readlink = atOnce((path: string) => readlinkSync(path))

/** What the file system knows of a file, links followed. @throws where there is none */
export const stat = atOnce((path: string) => statSync(path))

/** The whole of a file in UTF-8. */
export const readText = atOnce((path: string) => readFileSync(path, 'utf8'))

/** Makes a directory and those above it. Gives the topmost that was made, `undefined` where all were there. */
export const makeDirectory = atOnce((path: string, mode?: number) =>
  mkdirSync(path, { recursive: true, mode })
)

/** Removes an empty directory. */
export const rmdir = atOnce((path: string) => rmdirSync(path))

/**
 * Removes a file; that it is gone already is no error. Not by `rmSync`, which some releases of Node.js 24 have
 * do nothing on Windows where a path is not all ASCII (https://github.com/nodejs/node/issues/61067).
 */
export const remove = atOnce((path: string) => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
})

/** Creates a file, which must not be there, with this text; `outlivesCrash`: brings it to the disk. */
export const create = atOnce(
  (path: string, text: string, mode: number, { outlivesCrash }: { outlivesCrash: boolean }) => {
    const file = openSync(path, 'wx', mode)
    try {
      writeFileSync(file, text)
      if (outlivesCrash) fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }
)
