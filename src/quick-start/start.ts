import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulatorProcess } from './emulator-process.js'
import type { EmulatorProcess } from './emulator-process.js'
import { rehearse } from './rehearse.js'

/** Where the quick start tells what happens, a line at a time. */
export interface Terminal {
  readonly say: (line: string) => void
  /** For the one line of a start that went wrong. */
  readonly complain: (line: string) => void
}

/** What shells say of a program that Ctrl-C ended. */
const INTERRUPTED = 130

/**
 * The quick start: all five modes of the real bundle against the emulator, on a real archive. Nothing is left
 * on the machine, also where it is interrupted.
 *
 * @param root the repository, with `dist/` in it
 * @param temporary the directory to work in, below a new one of its own
 * @returns the exit status: 0, 1 with one line of complaint, or 130 where Ctrl-C ended it
 */
export async function start(
  root: string,
  { say, complain }: Terminal,
  temporary = tmpdir()
): Promise<number> {
  let emulator: EmulatorProcess | undefined
  let directory: string | undefined
  const interruption = new AbortController()
  const { signal } = interruption
  const interrupt = (): void => interruption.abort()
  process.once('SIGINT', interrupt)
  try {
    directory = await mkdtemp(join(temporary, 'ecr-public-start-'))
    emulator = await startEmulatorProcess(join(root, 'dist', 'emulator', 'index.js'))
    say(`A local ECR Public listens on ${emulator.url}; nothing leaves this machine.`)
    await rehearse({ root, directory, env: emulator.env, say, signal })
    return 0
  } catch (error) {
    if (signal.aborted) return INTERRUPTED
    const message = error instanceof Error ? error.message : String(error)
    complain(`npm start did not come to its end – ${message.trim().replace(/\s*\n\s*/g, ' ')}`)
    return 1
  } finally {
    process.off('SIGINT', interrupt)
    await emulator?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }
}
