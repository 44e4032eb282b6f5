import { codeOf, problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'

/** `true` for what `zstd --long` may write: unpacking it takes as much memory as it looks back, up to 2 GiB. */
export function isWindowError(error: unknown): boolean {
  return codeOf(error) === 'ZSTD_error_frameParameter_windowTooLarge'
}

/** Says that data look back further than Node.js does when it unpacks them. */
export function windowProblem(name: string, fix: string, error: unknown): ActionError {
  return problem(
    {
      what: 'The zstd data take more memory to unpack than is given to them here',
      value: name,
      expected: 'a window of at most 128 MiB (zstd --long=27)',
      fix
    },
    error
  )
}
