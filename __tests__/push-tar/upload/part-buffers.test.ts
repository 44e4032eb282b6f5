import { setImmediate } from 'node:timers/promises'
import { bodySize } from '../../../src/push-tar/upload/part-body.js'
import { createPartBuffers } from '../../../src/push-tar/upload/part-buffers.js'
import type { BufferUser, PartBuffers } from '../../../src/push-tar/upload/part-buffers.js'

const MIB = 1024 * 1024

function user(priority = 0): BufferUser {
  return { priority }
}

/** Acquires a buffer and adds `name` to the list when it is available. */
async function acquire(
  buffers: PartBuffers,
  bufferUser: BufferUser,
  name: string,
  order: string[]
): Promise<Buffer> {
  const buffer = await buffers.acquire(5 * MIB, bufferUser)
  order.push(name)
  return buffer
}

it('reuses buffers, and waits for one if all are in use', async () => {
  const buffers = createPartBuffers(2)
  const one = await buffers.acquire(5 * MIB, user())
  const two = await buffers.acquire(5 * MIB, user())
  const order: string[] = []
  const waiting = acquire(buffers, user(), 'third', order)
  await setImmediate()
  expect(order).toEqual([])
  buffers.release(one)
  expect(await waiting).toBe(one)
  buffers.release(two)
  expect(await buffers.acquire(5 * MIB, user())).toBe(two)
})

it('provides the next buffer to the layer with the highest priority, and to the oldest of the same one', async () => {
  const buffers = createPartBuffers(2)
  const held = [await buffers.acquire(5 * MIB, user()), await buffers.acquire(5 * MIB, user())]
  const order: string[] = []
  const waiting = [
    acquire(buffers, user(1), 'small', order),
    acquire(buffers, user(2), 'first large', order),
    acquire(buffers, user(2), 'second large', order)
  ]
  for (const buffer of held) buffers.release(buffer)
  const large = await waiting[1]
  await waiting[2]
  expect(order).toEqual(['first large', 'second large'])
  if (large !== undefined) buffers.release(large)
  await waiting[0]
})

it('provides the next buffer to a layer with fewer buffers before a larger layer', async () => {
  const buffers = createPartBuffers(3)
  const [large, small] = [user(2), user(1)]
  const first = await buffers.acquire(5 * MIB, large)
  const second = await buffers.acquire(5 * MIB, large)
  const third = await buffers.acquire(5 * MIB, user())
  const order: string[] = []
  const waiting = [acquire(buffers, large, 'large', order), acquire(buffers, small, 'small', order)]
  buffers.release(first)
  await waiting[1]
  expect(order).toEqual(['small'])
  buffers.release(second)
  await waiting[0]
  buffers.release(third)
})

it('provides fewer buffers if they are larger, so that they need the same memory', async () => {
  const buffers = createPartBuffers(4)
  const large = await buffers.acquire(10 * MIB, user())
  await buffers.acquire(10 * MIB, user())
  expect(buffers.tryAcquire(5 * MIB, user())).toBeUndefined()
  const waiting = [buffers.acquire(5 * MIB, user()), buffers.acquire(5 * MIB, user())]
  buffers.release(large)
  expect((await Promise.all(waiting)).map(({ length }) => length)).toEqual([
    bodySize(5 * MIB),
    bodySize(5 * MIB)
  ])
  expect(buffers.tryAcquire(5 * MIB, user())).toBeUndefined()
})

it('provides the memory of released buffers to a larger part that waits, before any other part', async () => {
  const buffers = createPartBuffers(2)
  const first = await buffers.acquire(5 * MIB, user())
  const second = await buffers.acquire(5 * MIB, user())
  const acquired: string[] = []
  const large = buffers.acquire(6 * MIB, user(2)).then((buffer) => {
    acquired.push('large')
    return buffer
  })
  const small = acquire(buffers, user(1), 'small', acquired)
  buffers.release(first)
  expect(buffers.tryAcquire(5 * MIB, user())).toBeUndefined()
  buffers.release(second)
  buffers.release(await large)
  await small
  expect(acquired).toEqual(['large', 'small'])
})

it('counts the buffers again after each one that it provides', async () => {
  const buffers = createPartBuffers(2)
  const both = await buffers.acquire(10 * MIB, user())
  const [large, small] = [user(2), user(1)]
  const order: string[] = []
  const waiting = [
    acquire(buffers, large, 'large', order),
    acquire(buffers, large, 'large again', order),
    acquire(buffers, small, 'small', order)
  ]
  buffers.release(both)
  await Promise.all([waiting[0], waiting[2]])
  expect(order).toEqual(['large', 'small'])
})

it('provides small buffers at any time, which are not counted', async () => {
  const buffers = createPartBuffers(2)
  await buffers.acquire(10 * MIB, user())
  for (let part = 0; part < 40; part++) {
    const small = await buffers.acquire(256 * 1024, user())
    expect(small.length).toBe(bodySize(256 * 1024))
    buffers.release(small)
  }
  expect(buffers.tryAcquire(5 * MIB, user())).toBeUndefined()
})
