import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { createCompressor } from './compress/compressor.js'
import type { Compressor } from './compress/compressor.js'
import { findDigest } from './list-current-tags.js'
import { createProgressMeter } from './progress.js'
import type { ProgressMeter } from './progress.js'
import type { PushTarget } from './resolve-target.js'
import { createLayerApi } from './upload/layer-api.js'
import type { LayerApi } from './upload/layer-api.js'
import { createPartBuffers } from './upload/part-buffers.js'
import type { PartBuffers } from './upload/part-buffers.js'

/** The values that all layers of one push share. */
export interface PushContext extends Pick<Deps, 'log' | 'now' | 'random' | 'sleep'> {
  readonly layerApi: LayerApi
  /** Returns the digest of the image with this tag or digest, or `undefined` if the repository does not have it. */
  readonly findImage: (tagOrDigest: string) => Promise<string | undefined>
  readonly compressor: Compressor
  readonly buffers: PartBuffers
  readonly progress: ProgressMeter
  /** The number of layers that are processed in parallel. */
  readonly concurrency: number
  /** The maximum number of attempts per part. */
  readonly partAttempts: number
  /** Aborts when the run is cancelled or another layer has failed. */
  readonly signal: AbortSignal
}

/** The number of buffers for parts, 7 MiB each. A layer uses three: one part is processed, one transferred, one built. */
const PART_BUFFERS = 4
/** Parts get more attempts than other calls, because a part that fails loses the upload of its whole layer. */
const EXTRA_PART_ATTEMPTS = 3
/** The default of `max-attempts`. With a lower value, the user prefers an early failure to more attempts. */
const DEFAULT_ATTEMPTS = 5

/**
 * Creates the context of one push.
 *
 * @param missingLayers digests of layers that are never reported as available
 * @throws ActionError if this version of Node.js does not support the compression
 */
export function createPushContext(
  target: PushTarget,
  missingLayers: ReadonlySet<string>,
  options: Pick<PushTarInputs, 'compression' | 'compressionLevel' | 'concurrency' | 'maxAttempts'>,
  deps: Pick<Deps, 'api' | 'log' | 'now' | 'random' | 'signal' | 'sleep'>
): PushContext {
  const { compression, compressionLevel, concurrency, maxAttempts } = options
  const { api, log, now, random, signal, sleep } = deps
  const layerApi = createLayerApi(api, target.address)
  // In a dry run, a repository that does not exist is treated as empty.
  const check: LayerApi['check'] = (digests) =>
    target.exists
      ? layerApi.check(digests.filter((digest) => !missingLayers.has(digest)))
      : Promise.resolve(new Map())
  return {
    log,
    now,
    random,
    signal,
    sleep,
    concurrency,
    layerApi: { ...layerApi, check },
    findImage: async (tagOrDigest) =>
      target.exists ? findDigest(tagOrDigest, target.address, api) : undefined,
    compressor: createCompressor(compression, compressionLevel),
    buffers: createPartBuffers(PART_BUFFERS),
    progress: createProgressMeter(now),
    partAttempts: maxAttempts < DEFAULT_ATTEMPTS ? maxAttempts : maxAttempts + EXTRA_PART_ATTEMPTS
  }
}
