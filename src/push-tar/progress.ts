import type { Deps } from '../runner/deps.js'

/** What is told of a push while it runs. */
export interface Progress {
  /** So many bytes of layers have to be gone through, in `layers` layers; none for those that are read again. */
  expect(bytes: number, layers: number): void
  /** So many bytes of layers, as the archive has them, were gone through. */
  read(bytes: number): void
  /** So many bytes have arrived at the registry. */
  sent(bytes: number): void
  layerDone(): void
}

/** How often a line is written, in milliseconds. */
const INTERVAL_MS = 5000

/** A progress whose state can be told as one line. */
export interface ProgressMeter extends Progress {
  /** `Pushed 3 of 7 layers – 61 % – 212.4 MB sent – 38.1 MB/s – about 5 s left`; the rate is that since the line before. */
  line(): string
}

export function createProgressMeter(now: () => Date): ProgressMeter {
  const start = now().getTime()
  let expected = 0
  let layers = 0
  let read = 0
  let sent = 0
  let done = 0
  let last = { at: start, sent: 0 }
  return {
    expect: (bytes, count) => {
      expected += bytes
      layers += count
    },
    read: (bytes) => void (read += bytes),
    sent: (bytes) => void (sent += bytes),
    layerDone: () => {
      done++
    },
    line: () => {
      if (layers === 0) return 'Looking at what the repository has'
      const at = now().getTime()
      const rate = ((sent - last.sent) / Math.max(1, at - last.at)) * 1000
      last = { at, sent }
      const share = expected === 0 ? 1 : Math.min(1, read / expected)
      const left = share === 0 ? undefined : ((at - start) * (1 - share)) / share
      return [
        `Pushed ${done} of ${layers} layers`,
        `${Math.floor(share * 100)} %`,
        `${megabytes(sent)} sent`,
        `${megabytes(rate)}/s`,
        ...(left === undefined ? [] : [`about ${Math.ceil(left / 1000)} s left`])
      ].join(' – ')
    }
  }
}

/** Writes the line of the meter every few seconds while `body` runs. */
export async function withProgress<T>(
  meter: ProgressMeter,
  { log }: Pick<Deps, 'log'>,
  body: () => Promise<T>
): Promise<T> {
  const timer = setInterval(() => log.info(meter.line()), INTERVAL_MS)
  timer.unref()
  try {
    return await body()
  } finally {
    clearInterval(timer)
  }
}

/** `212.4 MB`: as people and registries count, in millions of bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
