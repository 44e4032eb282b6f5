import fc from 'fast-check'
import { createRateLimiter } from '../../src/registry-client/rate-limiter.js'

/** When `calls` calls that are all asked for at once are let through, in milliseconds. */
async function timesOf(perSecond: number, burst: number, calls: number): Promise<number[]> {
  const times: number[] = []
  const limiter = createRateLimiter({
    perSecond,
    burst,
    now: () => new Date(0),
    sleep: (milliseconds) => {
      times.push(milliseconds)
      return Promise.resolve()
    }
  })
  for (let call = 0; call < calls; call++) {
    const before = times.length
    await limiter.take()
    if (times.length === before) times.push(0)
  }
  return times
}

it('lets a burst through at once and spaces out what follows', async () => {
  expect(await timesOf(10, 3, 6)).toEqual([0, 0, 0, 100, 200, 300])
})

it('never lets more through within a second than rate and burst allow', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 60 }),
      async (perSecond, burst, calls) => {
        const times = await timesOf(perSecond, burst, calls)
        for (const start of times) {
          const within = times.filter((time) => time >= start && time < start + 1000)
          expect(within.length).toBeLessThanOrEqual(perSecond + burst)
        }
      }
    )
  )
})
