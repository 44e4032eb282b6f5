import { getExecOutput } from '@actions/exec'
import type { ExecOptions, ExecResult } from './deps.js'

/**
 * Runs a program without a shell and without echoing its command line or output into the log.
 *
 * @throws where the program cannot be found or started; its exit status is part of the result
 */
export async function execute(
  program: string,
  args: readonly string[],
  options: ExecOptions = {}
): Promise<ExecResult> {
  const { input, onStdout } = options
  return getExecOutput(program, [...args], {
    silent: true,
    ignoreReturnCode: true,
    ...(input === undefined ? {} : { input }),
    ...(onStdout === undefined ? {} : { listeners: { stdout: onStdout } })
  })
}
