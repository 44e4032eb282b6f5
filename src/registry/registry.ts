import type { Deps } from '../deps.js'

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
  findManifest(repository: string, reference: string): Promise<ServedManifest | undefined>
  /** A small blob, such as an image config, verified against its digest; at most `maxBytes` long. */
  getBlob(repository: string, digest: string, maxBytes: number): Promise<Buffer>
}

/** What a registry client needs of the step. */
export type RegistryDeps = Pick<Deps, 'api' | 'env' | 'signal' | 'log' | 'mask' | 'sleep'>

/** Opens the `/v2/` side of a registry host; nothing is sent before the first read. */
export function createRegistry(host: string, deps: RegistryDeps): Registry {
  throw new Error(`not written yet: ${host} ${String(deps.signal.aborted)}`)
}
