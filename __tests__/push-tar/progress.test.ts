import { jest } from '@jest/globals'
import { createProgressMeter, withProgress } from '../../src/push-tar/progress.js'

/** A meter whose clock stands until it is moved. */
function meterAt(): { meter: ReturnType<typeof createProgressMeter>; pass: (ms: number) => void } {
  let now = 0
  const meter = createProgressMeter(() => new Date(now))
  return { meter, pass: (ms) => void (now += ms) }
}

describe('the progress line', () => {
  it('tells layers, share, bytes, rate and time left', () => {
    const { meter, pass } = meterAt()
    meter.expect(400e6, 7)
    pass(5000)
    meter.read(100e6)
    meter.sent(50e6)
    meter.layerDone()
    expect(meter.line()).toBe(
      'Pushed 1 of 7 layers – 25 % – 50.0 MB sent – 10.0 MB/s – about 15 s left'
    )
    pass(5000)
    meter.read(200e6)
    meter.sent(100e6)
    expect(meter.line()).toBe(
      'Pushed 1 of 7 layers – 75 % – 150.0 MB sent – 20.0 MB/s – about 4 s left'
    )
  })

  it('promises no time before anything was read', () => {
    const { meter, pass } = meterAt()
    meter.expect(1e6, 1)
    pass(5000)
    expect(meter.line()).toBe('Pushed 0 of 1 layers – 0 % – 0.0 MB sent – 0.0 MB/s')
  })

  it('counts no layers while it is not known which ones are missing', () => {
    expect(meterAt().meter.line()).toBe('Looking at what the repository has')
  })

  it('counts what has to be read again', () => {
    const { meter, pass } = meterAt()
    meter.expect(1e6, 1)
    meter.read(1e6)
    meter.expect(1e6, 0)
    pass(1000)
    expect(meter.line()).toMatch(/^Pushed 0 of 1 layers – 50 % .* about 1 s left$/)
  })

  it('is written every five seconds until the work ends, and not after it', async () => {
    jest.useFakeTimers()
    try {
      const lines: string[] = []
      const log = {
        info: (line: string) => void lines.push(line),
        notice: () => undefined,
        warning: () => undefined,
        debug: () => undefined,
        group: <T>(_title: string, body: () => Promise<T>) => body()
      }
      const { meter } = meterAt()
      meter.expect(1, 1)
      const failing = withProgress(meter, { log }, async () => {
        await jest.advanceTimersByTimeAsync(14_999)
        throw new Error('the push failed')
      })
      await expect(failing).rejects.toThrow('the push failed')
      expect(lines).toHaveLength(2)
      await jest.advanceTimersByTimeAsync(60_000)
      expect(lines).toHaveLength(2)
    } finally {
      jest.useRealTimers()
    }
  })
})
