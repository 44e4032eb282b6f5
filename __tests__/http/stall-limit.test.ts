import { createStallLimit } from '../../src/http/stall-limit.js'
import type { StallLimit } from '../../src/http/stall-limit.js'
import { isStalled, TimeoutError } from '../../src/http/timeout-error.js'

interface Clock {
  readonly limit: StallLimit
  readonly wait: (seconds: number) => void
  /** Waits for a request of host `a` that times out. Returns whether its error is worth a retry. */
  readonly timeOut: (seconds: number, kind?: TimeoutError['kind']) => boolean
  readonly remaining: () => number
}

function startClock(): Clock {
  let now = 1_000_000
  const limit = createStallLimit(90_000, () => now)
  const wait = (seconds: number): void => void (now += seconds * 1000)
  return {
    limit,
    wait,
    timeOut: (seconds, kind = 'idle') => {
      wait(seconds)
      return !isStalled(limit.failed('a', new TimeoutError(kind, seconds * 1000)))
    },
    remaining: () => limit.remainingMs('a') / 1000
  }
}

test('attempts that time out share one limit, with the delays between them', () => {
  const { timeOut, wait, remaining, limit } = startClock()
  expect(remaining()).toBe(90)
  expect(timeOut(60)).toBe(true)
  wait(1)
  expect(remaining()).toBe(29)
  expect(timeOut(29)).toBe(false)
  expect(() => limit.remainingMs('a')).toThrow('The server did not respond for 90 s')
  expect(limit.remainingMs('b')).toBe(90_000)
})

test('a timer that ends early does not leave time for another attempt', () => {
  const { timeOut, wait, limit } = startClock()
  expect(timeOut(60)).toBe(true)
  wait(-0.001)
  expect(timeOut(30)).toBe(false)
  expect(() => limit.remainingMs('a')).toThrow('The server did not respond for 90 s')
})

test('a response ends a stall', () => {
  const { timeOut, remaining, limit } = startClock()
  expect(timeOut(60)).toBe(true)
  limit.responded('b')
  expect(remaining()).toBe(30)
  limit.responded('a')
  expect(remaining()).toBe(90)
  expect(timeOut(60)).toBe(true)
})

test('requests that stall at the same time are counted once', () => {
  const { timeOut, remaining, limit } = startClock()
  expect(timeOut(60)).toBe(true)
  for (let count = 0; count < 3; count++) limit.failed('a', new TimeoutError('idle', 60_000))
  expect(remaining()).toBe(30)
})

test('a retry that the host received for longer than a delay begins a new stall', () => {
  const { timeOut, wait, remaining } = startClock()
  expect(timeOut(60)).toBe(true)
  wait(200)
  expect(timeOut(60)).toBe(true)
  expect(remaining()).toBe(30)
})

test('a host is tried again some time after the limit was reached', () => {
  const { timeOut, wait, remaining } = startClock()
  expect(timeOut(90)).toBe(false)
  wait(30)
  expect(remaining).toThrow()
  wait(1)
  expect(remaining()).toBe(90)
})

test('attempts to connect are counted, but not a request that was active until its end', () => {
  const { timeOut, remaining } = startClock()
  for (let count = 1; count < 9; count++) expect(timeOut(10, 'connect')).toBe(true)
  expect(remaining()).toBe(10)
  const other = startClock()
  expect(other.timeOut(120, 'total')).toBe(true)
  expect(other.remaining()).toBe(90)
})

test('the error of the limit is found in causes', () => {
  const stalled = new TimeoutError('stalled', 1000)
  expect(isStalled(new Error('x', { cause: new Error('y', { cause: stalled }) }))).toBe(true)
  expect(isStalled(new TimeoutError('idle', 1000))).toBe(false)
  expect(isStalled(undefined)).toBe(false)
})
