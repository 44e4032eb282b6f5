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
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'

/**
 * The calls of `node:fs/promises` that auth files need, made at once: with files of a few kilobytes, and
 * nothing else to do meanwhile, the detour by a thread that those make takes longer than the call.
 */
function atOnce<Parameters extends unknown[], Result>(
  call: (...parameters: Parameters) => Result
): (...parameters: Parameters) => Promise<Result> {
  return (...parameters) => new Promise((resolve) => resolve(call(...parameters)))
}

export const access = atOnce(accessSync)
export const chmod = atOnce(chmodSync)
export const chown = atOnce(chownSync)
/** Gives the topmost folder that was made, `undefined` where it was there. */
export const makeFolder = atOnce((path: string, mode?: number) =>
  mkdirSync(path, { recursive: true, mode })
)
export const readlink = atOnce((path: string) => readlinkSync(path))
export const readText = atOnce((path: string) => readFileSync(path, 'utf8'))
/** Removes a file; that it is gone already is no error. */
export const remove = atOnce((path: string) => rmSync(path, { force: true }))
export const rename = atOnce(renameSync)
export const rmdir = atOnce((path: string) => rmdirSync(path))
export const stat = atOnce((path: string) => statSync(path))

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
