import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** The log of the step. It escapes text that the runner would read as a workflow command. */
export interface Log {
  info(message: string): void
  /** Shown as an annotation of the run. */
  notice(message: string): void
  /** Shown as an annotation of the run. */
  warning(message: string): void
  /** Shown only if debug logging is enabled for the workflow. */
  debug(message: string): void
  /** Runs `body` and shows its lines as a collapsible group with this title. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>
}

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
   * Reads a blob of any size in chunks. A read that breaks off is resumed. The size is checked, the digest is not:
   * the caller checks it before it uses the blob.
   */
  streamBlob(
    repository: string,
    blob: { readonly digest: string; readonly size: number }
  ): AsyncIterable<Buffer>
  /**
   * Returns the manifests whose `subject` is this digest, or `undefined` if the registry does not have the
   * referrers API.
   */
  findReferrers(
    repository: string,
    digest: string
  ): Promise<readonly { readonly digest: string }[] | undefined>
}

/** The result of a child process. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of a child process. */
export interface ExecOptions {
  /** Written to the standard input of the process. Secrets are passed here and never as arguments. */
  readonly input?: Buffer
  /** A file that receives standard output as bytes. An existing file is replaced, and `stdout` is empty. */
  readonly stdoutFile?: string
  /** Ends the process. It has an effect only together with `stdoutFile`. */
  readonly signal?: AbortSignal
}

/** Runs a program without a shell. Resolves with any exit status, and rejects if the program cannot be started. */
export type Exec = (
  program: string,
  args: readonly string[],
  options?: ExecOptions
) => Promise<ExecResult>

/**
 * The dependencies of a mode on the outside world. `main.ts` creates them, and tests replace them.
 */
export interface Deps {
  /** The ECR Public API, in us-east-1. */
  readonly api: EcrPublicApi
  /** Returns the ID of the AWS account of the credentials, as STS returns it. */
  readonly callerAccount: () => Promise<string>
  /**
   * Opens the `/v2/` side of a registry host with the caller's credentials. The host is the one that the API returns
   * in `registryUri`, such as `public.ecr.aws` or `127.0.0.1:5111`.
   */
  readonly openRegistry: (host: string) => Promise<Registry>
  /**
   * Returns the authorization token of the API, with which registries are read, or `undefined` if the caller does not
   * get one. It is requested again only if it has expired. A mode can request it while other calls are in progress, before it opens a registry.
   *
   * @param refused the token to replace, because a registry that accepted it refuses it now
   */
  readonly accountToken: (refused?: string) => Promise<string | undefined>
  readonly log: Log
  /** Returns the current time. */
  readonly now: () => Date
  /** Waits for a time in milliseconds. Rejects with the signal's reason when the run is cancelled. */
  readonly sleep: (milliseconds: number) => Promise<void>
  /** Returns a number from 0 to less than 1, for jitter. */
  readonly random: () => number
  readonly exec: Exec
  /** Masks a secret in all later lines of the log. It must be the first call that uses the secret. */
  readonly mask: (secret: string) => void
  /** Saves text for the post step immediately. The text must not contain a secret. */
  readonly saveLoginState: (text: string) => void
  /** The environment of the step. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the runner cancels the step (SIGINT, SIGTERM). */
  readonly signal: AbortSignal
  /** Returns a directory for temporary files. The first call creates it, and the end of the step removes it. */
  readonly temporaryDirectory: () => Promise<string>
}
