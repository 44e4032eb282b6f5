import { limitMemory } from '../../src/runner/limit-memory.js'

/** Returns a reference to an object that nothing else refers to. */
function createGarbage(): WeakRef<object> {
  return new WeakRef({})
}

const MIB = 1024 * 1024

test.each([
  ['the heap is', () => Array.from({ length: 3_000_000 }, (_, at) => ({ at }))],
  ['buffers outside of the heap are', () => Buffer.alloc(200 * MIB)]
])('limitMemory collects garbage when %s large', async (_, allocate) => {
  const garbage = createGarbage()
  const large = allocate()
  await limitMemory()
  expect(garbage.deref()).toBeUndefined()
  expect(large.length).toBeGreaterThan(0)
})
