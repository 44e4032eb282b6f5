import { limitHeap } from '../../src/runner/limit-heap.js'

/** Returns a reference to an object that nothing else refers to. */
function createGarbage(): WeakRef<object> {
  return new WeakRef({})
}

test('limitHeap collects garbage when the heap is large', async () => {
  const garbage = createGarbage()
  const large = Array.from({ length: 3_000_000 }, (_, at) => ({ at }))
  await limitHeap()
  expect(garbage.deref()).toBeUndefined()
  expect(large).toHaveLength(3_000_000)
})
