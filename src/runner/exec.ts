import { getExecOutput } from '@actions/exec'
import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import type { ExecOptions, ExecResult } from './deps.js'

/**
 * Runs a program without a shell and without echoing its command line or output into the log.
 *
 * @throws if the program cannot be found or started, or is ended by the signal. Any exit status is a result.
 */
export async function execute(
  program: string,
  args: readonly string[],
  options: ExecOptions = {}
): Promise<ExecResult> {
  const { input, stdoutFile, signal } = options
  if (stdoutFile !== undefined) return executeInto(stdoutFile, program, args, signal)
  return getExecOutput(program, [...args], {
    silent: true,
    ignoreReturnCode: true,
    ...(input === undefined ? {} : { input })
  })
}

/** The number of characters of standard error to keep. The last ones contain the reason of a failure. */
const MAX_STDERR_CHARACTERS = 20_000

/**
 * Runs a program that writes its output directly to a file. `@actions/exec` splits all output into lines, which takes
 * 15 s for an image of 300 MB.
 */
async function executeInto(
  path: string,
  program: string,
  args: readonly string[],
  signal?: AbortSignal
): Promise<ExecResult> {
  const file = await open(path, 'w', 0o600)
  try {
    const child = spawn(program, args, {
      stdio: ['ignore', file.fd, 'pipe'],
      windowsHide: true,
      ...(signal === undefined ? {} : { signal })
    })
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR_CHARACTERS)
    })
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      // The status is null if a signal ended the program. A shell reports 128 or more in this case.
      child.once('close', (code) => resolve(code ?? 128))
    })
    return { exitCode, stdout: '', stderr }
  } finally {
    await file.close()
  }
}
