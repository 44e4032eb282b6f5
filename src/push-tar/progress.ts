import type { Log } from '../runner/deps.js'

/** Counts the layers and bytes of a push for its progress line. */
export interface ProgressMeter {
  /** Adds bytes of layers to read, in `layers` layers. `layers` is 0 if a layer is read again. */
  expect(bytes: number, layers: number): void
  /** Counts bytes of layers that were read from the archive. A negative number removes bytes. */
  read(bytes: number): void
  /** Counts bytes that the registry received. */
  sent(bytes: number): void
  layerDone(): void
  /**
   * Returns a line such as `Pushed 3 of 7 layers: 61 %, 212.4 MB sent, 38.1 MB/s, about 5 s left`. The rate is the
   * average since the previous line.
   */
  line(): string
}

/** The interval between two progress lines, in milliseconds. */
const INTERVAL_MS = 5000

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
      if (layers === 0) return 'Checking which layers the repository already has'
      const at = now().getTime()
      const rate = ((sent - last.sent) / Math.max(1, at - last.at)) * 1000
      last = { at, sent }
      const share = expected === 0 ? 1 : Math.min(1, read / expected)
      const left = share === 0 ? undefined : ((at - start) * (1 - share)) / share
      const details = [
        `${Math.floor(share * 100)} %`,
        `${megabytes(sent)} sent`,
        `${megabytes(rate)}/s`,
        ...(left === undefined ? [] : [`about ${Math.ceil(left / 1000)} s left`])
      ]
      return `Pushed ${done} of ${layers} layers: ${details.join(', ')}`
    }
  }
}

/** Logs the progress line every few seconds while `body` runs. */
export async function withProgress<T>(
  meter: ProgressMeter,
  log: Log,
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

/** Returns a size in millions of bytes, such as `212.4 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
