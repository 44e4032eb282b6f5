import { settleEach, splitSettled } from '../../src/runner/settle-each.js'

const explain = (error: unknown): string => `explained: ${(error as Error).message}`

it('processes all items if some fail, and returns the outcomes in their order', async () => {
  const { signal } = new AbortController()
  const settled = await settleEach(
    [1, 2, 3],
    (item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item * 10)),
    { signal, explain }
  )
  expect(settled).toEqual([
    { item: 1, isDone: true, value: 10 },
    { item: 2, isDone: false, error: new Error('two'), reason: 'explained: two' },
    { item: 3, isDone: true, value: 30 }
  ])
  expect(splitSettled(settled)).toEqual({ values: [10, 30], failures: [settled[1]] })
})

it('does not process more items in parallel than its concurrency', async () => {
  const { signal } = new AbortController()
  let active = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++active)
    await new Promise(setImmediate)
    active--
  }
  await settleEach(Array.from({ length: 20 }), work, { signal, explain, concurrency: 3 })
  expect(most).toBe(3)
})

it('rejects with the reason of the signal when the run is cancelled, and starts no other item', async () => {
  const cancellation = new AbortController()
  const started: number[] = []
  const work = (item: number): Promise<void> => {
    started.push(item)
    cancellation.abort(new Error('cancelled'))
    return Promise.reject(new Error('lost'))
  }
  const { signal } = cancellation
  await expect(settleEach([1, 2, 3], work, { signal, explain, concurrency: 1 })).rejects.toThrow(
    'cancelled'
  )
  expect(started).toEqual([1])
})
