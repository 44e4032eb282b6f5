import { createCompressor } from '../../src/push-tar/compress/compressor.js'
import type { PushContext } from '../../src/push-tar/push-context.js'
import type { LayerApi } from '../../src/push-tar/upload/layer-api.js'
import { createPartBuffers } from '../../src/push-tar/upload/part-buffers.js'

/** Creates a context without log output, in which time does not pass. */
export function makeContext(layerApi: LayerApi, overrides: Partial<PushContext> = {}): PushContext {
  const ignore = (): undefined => undefined
  return {
    log: {
      info: ignore,
      notice: ignore,
      warning: ignore,
      debug: ignore,
      group: (_title, body) => body()
    },
    now: () => new Date(0),
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    layerApi,
    findImage: () => Promise.resolve(undefined),
    compressor: createCompressor('gzip', 1),
    buffers: createPartBuffers(3),
    progress: { expect: ignore, read: ignore, sent: ignore, layerDone: ignore, line: () => '' },
    concurrency: 4,
    partAttempts: 8,
    signal: new AbortController().signal,
    ...overrides
  }
}
