import { jest } from '@jest/globals'
import { createProgressMeter, withProgress } from '../../src/push-tar/progress.js'

/** Creates a meter and a function that advances its clock. */
function meterAt(): { meter: ReturnType<typeof createProgressMeter>; pass: (ms: number) => void } {
  let now = 0
  const meter = createProgressMeter(() => new Date(now))
  return { meter, pass: (ms) => void (now += ms) }
}

describe('the progress line', () => {
  it('shows layers, percentage, bytes, rate and remaining time', () => {
    const { meter, pass } = meterAt()
    meter.expect(400e6, 7)
    pass(5000)
    meter.read(100e6)
    meter.sent(50e6)
    meter.layerDone()
    expect(meter.line()).toBe(
      'Pushed 1 of 7 layers: 25 %, 50.0 MB sent, 10.0 MB/s, about 15 s left'
    )
    pass(5000)
    meter.read(200e6)
    meter.sent(100e6)
    expect(meter.line()).toBe(
      'Pushed 1 of 7 layers: 75 %, 150.0 MB sent, 20.0 MB/s, about 4 s left'
    )
  })

  it('does not show a remaining time before the first read', () => {
    const { meter, pass } = meterAt()
    meter.expect(1e6, 1)
    pass(5000)
    expect(meter.line()).toBe('Pushed 0 of 1 layers: 0 %, 0.0 MB sent, 0.0 MB/s')
  })

  it('does not show a number of layers before the missing layers are known', () => {
    expect(meterAt().meter.line()).toBe('Checking which layers the repository already has')
  })

  it('includes bytes that are read again', () => {
    const { meter, pass } = meterAt()
    meter.expect(1e6, 1)
    meter.read(1e6)
    meter.expect(1e6, 0)
    pass(1000)
    expect(meter.line()).toMatch(/^Pushed 0 of 1 layers: 50 %, .* about 1 s left$/)
  })

  it('is logged every five seconds until the work ends', async () => {
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
      const failing = withProgress(meter, log, async () => {
        await jest.advanceTimersByTimeAsync(14_999)
        throw new Error('The push failed')
      })
      await expect(failing).rejects.toThrow('The push failed')
      expect(lines).toHaveLength(2)
      await jest.advanceTimersByTimeAsync(60_000)
      expect(lines).toHaveLength(2)
    } finally {
      jest.useRealTimers()
    }
  })
})
