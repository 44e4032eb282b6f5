import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDirectory } from './make-directory.js'

/** A temporary directory that is created on first use. */
export interface Temporary {
  /** Returns the directory. It has mode 0700 and is the same for every call. */
  readonly directory: () => Promise<string>
  /** Removes the directory and its content. It is synchronous, so that it also works while the process ends. */
  readonly remove: () => void
}

/** Returns the temporary directory of a step, below `RUNNER_TEMP` or the system's temporary directory. */
export function createTemporary(env: Readonly<Record<string, string | undefined>>): Temporary {
  let made: Promise<string> | undefined
  let path: string | undefined
  const make = async (): Promise<string> => {
    const base = env.RUNNER_TEMP || tmpdir()
    await makeDirectory(base)
    path = await mkdtemp(join(base, 'ecr-public-'))
    return path
  }
  return {
    directory: () => (made ??= make()),
    remove: () => {
      if (path !== undefined) rmSync(path, { recursive: true, force: true })
    }
  }
}
