import { jest } from '@jest/globals'
import fc from 'fast-check'
import { createRateLimiter } from '../../src/http/rate-limiter.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

/** Starts this number of calls at once and returns the time of each in milliseconds. */
async function timesOf(
  calls: number,
  rate: { readonly calls: number; readonly intervalMilliseconds: number }
): Promise<number[]> {
  const start = Date.now()
  const wait = createRateLimiter(rate)
  const times: number[] = []
  const waiting = Array.from({ length: calls }, () =>
    wait().then(() => times.push(Date.now() - start))
  )
  await jest.runAllTimersAsync()
  await Promise.all(waiting)
  return times
}

it('allows the calls of one interval at once and delays the others', async () => {
  const times = await timesOf(7, { calls: 3, intervalMilliseconds: 1000 })
  expect(times.slice(0, 4)).toEqual([0, 0, 0, 1000])
  expect(times.at(-1)).toBe(2000)
})

it('never allows more calls per interval than the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 100, max: 3000 }),
      fc.integer({ min: 1, max: 60 }),
      async (limit, intervalMilliseconds, calls) => {
        const times = await timesOf(calls, { calls: limit, intervalMilliseconds })
        expect(times).toHaveLength(calls)
        for (const start of times) {
          const within = times.filter(
            (time) => time >= start && time < start + intervalMilliseconds
          )
          expect(within.length).toBeLessThanOrEqual(limit)
        }
      }
    )
  )
})

it('rejects waiting and later calls with the reason of the signal', async () => {
  const controller = new AbortController()
  const wait = createRateLimiter({ calls: 1, intervalMilliseconds: 1000 }, controller.signal)
  await wait()
  const waiting = wait()
  controller.abort(new Error('cancelled'))
  await expect(waiting).rejects.toThrow('cancelled')
  await expect(wait()).rejects.toThrow('cancelled')
  expect(jest.getTimerCount()).toBe(0)
})
