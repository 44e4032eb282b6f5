import { readTime } from '../../src/cleanup-tags/collect-facts.js'

const SERVICE = Date.parse('2026-03-01T00:00:00Z')
const MINUTE_MS = 60_000
const at = (offset: number) => ({
  read: () => ({ service: SERVICE, local: SERVICE + offset })
})
const localNow = (): Date => new Date(SERVICE + 90 * MINUTE_MS)

describe('readTime', () => {
  test.each([
    [0, undefined],
    [5 * MINUTE_MS, undefined],
    [-5 * MINUTE_MS, undefined],
    [5 * MINUTE_MS + 1, /is 5 min ahead of the clock of ECR Public/],
    [-6 * MINUTE_MS, /is 6 min behind the clock of ECR Public/]
  ])('returns the time of the service if the local clock is %i ms ahead', (offset, warning) => {
    const time = readTime(at(offset), localNow)
    expect(time.now).toBe(SERVICE)
    if (warning === undefined) expect(time.warning).toBeUndefined()
    else expect(time.warning).toMatch(warning)
  })

  test('returns the local time with a warning if the responses do not have a date', () => {
    const time = readTime({ read: () => undefined }, localNow)
    expect(time.now).toBe(localNow().getTime())
    expect(time.warning).toMatch(/do not contain a valid date/)
  })
})
