import { createPartBuffers } from '../../../src/push-tar/upload/part-buffers.js'

const MIB = 1024 * 1024

it('provides the memory of released buffers to a larger part that waits, before any other part', async () => {
  const buffers = createPartBuffers(2)
  const [first, second] = [await buffers.acquire(5 * MIB, 0), await buffers.acquire(5 * MIB, 0)]
  const acquired: string[] = []
  const large = buffers.acquire(6 * MIB, 2).then((buffer) => {
    acquired.push('large')
    return buffer
  })
  const small = buffers.acquire(5 * MIB, 1).then(() => acquired.push('small'))
  buffers.release(first)
  expect(buffers.tryAcquire(5 * MIB)).toBeUndefined()
  buffers.release(second)
  buffers.release(await large)
  await small
  expect(acquired).toEqual(['large', 'small'])
})

it('provides small buffers at any time', async () => {
  const buffers = createPartBuffers(1)
  await buffers.acquire(10 * MIB, 0)
  void buffers.acquire(5 * MIB, 0)
  expect(buffers.tryAcquire(5 * MIB)).toBeUndefined()
  expect(buffers.tryAcquire(1000)).toBeDefined()
})
