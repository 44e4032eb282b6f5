import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Log } from './log.js'

export type { Log } from './log.js'

/** The ECR Public API: `send` of the SDK's client, which includes retries, rate limits and time-outs. */
export type EcrPublicApi = Pick<ECRPUBLICClient, 'send' | 'middlewareStack'>

/** How often and how long one read is retried. */
export interface RetryOptions {
  readonly maxAttempts: number
  /** How long new attempts are started, in milliseconds from the first one. */
  readonly budgetMilliseconds: number
  /** Ends the read when the caller does not need it any more. */
  readonly signal?: AbortSignal | undefined
}

/** A manifest as a registry serves it. */
export interface ServedManifest {
  /** The unchanged bytes. They hash to `digest`. */
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

/**
 * Reads from one registry host over `/v2/`. Every method rejects with an error that quotes the registry's response.
 * Bodies are limited in size, and everything that is requested by digest is verified.
 */
export interface Registry {
  /** The registry host, `public.ecr.aws` or `127.0.0.1:5111`. */
  readonly host: string
  /**
   * Returns the manifest or index of a tag or digest, or `undefined` if the registry does not have it.
   * `repository` is the path below the host, `alias/name`.
   */
  findManifest(
    repository: string,
    reference: string,
    retryOptions?: RetryOptions
  ): Promise<ServedManifest | undefined>
  /** Returns a small blob, such as an image config, of at most `maxBytes` bytes. */
  getBlob(
    repository: string,
    digest: string,
    maxBytes: number,
    retryOptions?: RetryOptions
  ): Promise<Buffer>
  /**
   * Returns the manifests whose `subject` is this digest, or `undefined` if the registry does not have the
   * referrers API.
   */
  findReferrers(
    repository: string,
    digest: string
  ): Promise<readonly { readonly digest: string }[] | undefined>
}

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
  /** A directory for temporary files, made on the first call, removed at the end of the step however it ends. */
  readonly temporaryDirectory: () => Promise<string>
}
