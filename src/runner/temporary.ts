import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that is made when it is first asked for and taken away when the step ends. */
export interface Temporary {
  /** The directory, mode 0700, the same at every call. */
  readonly directory: () => Promise<string>
  /** Removes the directory and all in it, at once, so that it also works while the process ends. */
  readonly remove: () => void
}

/** The temporary directory of a step below `RUNNER_TEMP`, or the system's where there is no runner. */
export function createTemporary(env: Readonly<Record<string, string | undefined>>): Temporary {
  let made: Promise<string> | undefined
  let path: string | undefined
  const make = async (): Promise<string> => {
    const base = env.RUNNER_TEMP || tmpdir()
    await mkdir(base, { recursive: true })
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
