import type { EcrPublicApi } from './ecr-public/client.js'
import type { Log } from './log.js'
import type { Registry } from './registry/registry.js'

export type { Log } from './log.js'

/** What came of a child process. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** How a child process is run. */
export interface ExecOptions {
  /** Written to the standard input of the process; the place for secrets, never the arguments. */
  readonly input?: Buffer
  /** A file, made anew, that takes standard output as it is, instead of `stdout` collecting it as text. */
  readonly stdoutFile?: string
  /** Ends the process; heeded together with `stdoutFile`, as only what takes long is worth it. */
  readonly signal?: AbortSignal
}

/** Runs a program without a shell; resolves whatever its exit status is, rejects where it cannot be started. */
export type Exec = (
  program: string,
  args: readonly string[],
  options?: ExecOptions
) => Promise<ExecResult>

/**
 * All that a mode needs of the outside world, made in `main.ts` and replaced as a whole in tests.
 * Nothing in it is called before a mode needs it.
 */
export interface Deps {
  /** The ECR Public API, in us-east-1. */
  readonly api: EcrPublicApi
  /**
   * The `/v2/` side of a registry host, as the API names it in `registryUri` (`public.ecr.aws`,
   * `127.0.0.1:5111`), with the caller's credentials.
   */
  readonly openRegistry: (host: string) => Promise<Registry>
  readonly log: Log
  /** The one clock. */
  readonly now: () => Date
  /** Waits, in milliseconds; rejects with the signal's reason when the run is cancelled. */
  readonly sleep: (milliseconds: number) => Promise<void>
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  readonly exec: Exec
  /** Masks a secret in every later line of the log; to be called before anything else touches the secret. */
  readonly mask: (secret: string) => void
  /** Leaves text for the post step; it is written down at once. No secret belongs in it. */
  readonly saveLoginState: (text: string) => void
  /** The environment of the step. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the runner cancels the step (SIGINT, SIGTERM). */
  readonly signal: AbortSignal
  /** A folder for temporary files, made on the first call, removed at the end of the step however it ends. */
  readonly temporaryFolder: () => Promise<string>
}
