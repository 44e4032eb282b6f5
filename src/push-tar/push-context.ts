import type { Deps } from '../runner/deps.js'
import type { Compressor } from './compress/compressor.js'
import type { LayerApi } from './upload/layer-api.js'
import type { PartBuffers } from './upload/part-buffers.js'
import type { Progress } from './progress.js'

/** What all uploads of one push share. */
export interface PushContext {
  readonly deps: Pick<Deps, 'log' | 'now' | 'random' | 'sleep'>
  readonly api: LayerApi
  readonly compressor: Compressor
  readonly buffers: PartBuffers
  readonly progress: Progress
  /** How often one part is sent at the most. */
  readonly partAttempts: number
  /** Resolves when the whole archive was found to be sound; nothing is written to the registry before. */
  readonly mayWrite: () => Promise<void>
  /** Aborts when the run is cancelled or another layer has failed. */
  readonly signal: AbortSignal
}
