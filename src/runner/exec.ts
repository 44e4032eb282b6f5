import { getExecOutput } from '@actions/exec'
import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import type { ExecOptions, ExecResult } from './deps.js'

/**
 * Runs a program without a shell and without echoing its command line or output into the log.
 *
 * @throws where the program cannot be found or started, or was ended by the signal; its exit status is part of
 *   the result
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

/** The most of standard error that is kept, in characters; the last ones, which say why it ended. */
const MAX_STDERR_CHARACTERS = 20_000

/**
 * Runs a program whose output is too large, or no text. `@actions/exec` takes all output apart into lines,
 * which for an image of 300 MB is 15 s of work; here the program writes to the file itself.
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
      // A program that a signal ended has no status: 128 stands for it, as in a shell.
      child.once('close', (code) => resolve(code ?? 128))
    })
    return { exitCode, stdout: '', stderr }
  } finally {
    await file.close()
  }
}
