import type { Descriptor } from '../image/manifest.js'

/** How hard one read is tried. */
export interface Patience {
  readonly maxAttempts: number
  /** How long new attempts are begun, in milliseconds from the first one. */
  readonly budgetMilliseconds: number
  /** Ends the read where the caller needs it no more. */
  readonly signal?: AbortSignal | undefined
}

/** A manifest as a registry serves it. */
export interface ServedManifest {
  /** The bytes themselves; they hash to `digest`. */
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

/**
 * The reading side of one registry host, over `/v2/`. Every method rejects with an error that says
 * what the registry answered; bodies are bounded in size, and what is asked for by digest is verified.
 */
export interface Registry {
  /** The registry host, `public.ecr.aws` or `127.0.0.1:5111`. */
  readonly host: string
  /**
   * The manifest or index that a tag or digest names, or `undefined` where the registry has none.
   * `repository` is the path below the host, `alias/name`.
   */
  findManifest(
    repository: string,
    reference: string,
    patience?: Patience
  ): Promise<ServedManifest | undefined>
  /** A small blob, such as an image config, verified against its digest; at most `maxBytes` long. */
  getBlob(
    repository: string,
    digest: string,
    maxBytes: number,
    patience?: Patience
  ): Promise<Buffer>
  /**
   * The descriptors of all manifests whose `subject` is this digest, or `undefined` where the registry has no
   * referrers API.
   */
  findReferrers(repository: string, digest: string): Promise<readonly Descriptor[] | undefined>
}
