import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulatorProcess } from './emulator-process.js'
import type { EmulatorProcess } from './emulator-process.js'
import { runRelease } from './run-release.js'

/** Receives the output of the quick start, line by line. */
export interface Terminal {
  readonly log: (line: string) => void
  /** For the error message of a start that fails. */
  readonly logError: (line: string) => void
}

/** The exit status that shells use for Ctrl-C (128 + SIGINT). */
const INTERRUPTED = 130

/**
 * Runs all five modes of the bundle against the emulator with a real archive. All files are deleted
 * afterwards, even after an interruption.
 *
 * @param root the root directory of the project, with `dist/` in it
 * @param temporary the parent of the temporary directory
 * @returns the exit status: 0, 1 after logging one error, or 130 if Ctrl-C interrupted it
 */
export async function start(
  root: string,
  { log, logError }: Terminal,
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
    log(`The emulator listens on ${emulator.url}. No data leaves this machine.`)
    await runRelease({ root, directory, env: emulator.env, log, signal })
    return 0
  } catch (error) {
    if (signal.aborted) return INTERRUPTED
    const message = error instanceof Error ? error.message : String(error)
    logError(`npm start failed. ${message.trim().replace(/\s*\n\s*/g, ' ')}`)
    return 1
  } finally {
    process.off('SIGINT', interrupt)
    await emulator?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }
}
