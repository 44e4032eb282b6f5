import type { Deps } from '../runner/deps.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { createCompressor } from './compress/compressor.js'
import { createLayerApi } from './upload/layer-api.js'
import type { LayerApi } from './upload/layer-api.js'
import { createPartBuffers } from './upload/part-buffers.js'
import { createProgressMeter } from './progress.js'
import type { ProgressMeter } from './progress.js'
import type { LayerPolicy } from './push-layer.js'
import type { LayersContext } from './push-layers.js'
import type { PushTarget } from './target.js'

/** All that the parts of one push share. */
export interface PushSession {
  readonly inputs: PushTarInputs
  readonly deps: Deps
  readonly target: PushTarget
  readonly layers: LayersContext
  readonly meter: ProgressMeter
  readonly policy: LayerPolicy
}

/**
 * Parts that are made, held until it is known whether the repository has their layer, or sent at once;
 * each takes 14 MiB.
 */
const PART_BUFFERS = 4
/** Parts are tried more often than other calls, as each is a new chance for the whole of a layer. */
const MORE_PART_ATTEMPTS = 3
/** From so many `max-attempts` on, which is the default; who sets fewer wants to fail fast. */
const PATIENT_ATTEMPTS = 5

/**
 * Begins a push.
 *
 * @param distrusted digests that the repository said to have and then missed: they are sent whatever it says
 * @throws ActionError where this Node.js cannot compress as the inputs want it
 */
export function createPushSession(
  inputs: PushTarInputs,
  deps: Deps,
  target: PushTarget,
  distrusted: ReadonlySet<string>
): PushSession {
  const meter = createProgressMeter(deps.now)
  const attempts = inputs.maxAttempts
  const api = createLayerApi(deps.api, target.address)
  return {
    inputs,
    deps,
    target,
    meter,
    policy: { repository: target.address, writes: !inputs.dryRun, looksUpFirst: false },
    layers: {
      deps,
      api: { ...api, check: checkBut(api, distrusted) },
      compressor: createCompressor(inputs.compression, inputs.compressionLevel),
      buffers: createPartBuffers(PART_BUFFERS),
      progress: meter,
      partAttempts: attempts < PATIENT_ATTEMPTS ? attempts : attempts + MORE_PART_ATTEMPTS,
      signal: deps.signal,
      concurrency: inputs.concurrency
    }
  }
}

/** The check without the digests that it cannot be believed about. */
function checkBut(api: LayerApi, distrusted: ReadonlySet<string>): LayerApi['check'] {
  return (digests) => api.check(digests.filter((digest) => !distrusted.has(digest)))
}
