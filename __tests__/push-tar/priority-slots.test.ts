import { setImmediate } from 'node:timers/promises'
import { createPrioritySlots } from '../../src/push-tar/priority-slots.js'
import type { PrioritySlots } from '../../src/push-tar/priority-slots.js'

/** Acquires a slot and adds `name` to the list when it is available. Returns the function that releases it. */
async function acquire(
  slots: PrioritySlots,
  priority: number,
  name: string,
  order: string[]
): Promise<() => void> {
  const release = await slots.acquire(priority)
  order.push(name)
  return release
}

it('provides the next slot to the highest priority, and to the oldest caller of the same priority', async () => {
  const slots = createPrioritySlots(1)
  const order: string[] = []
  const release = await slots.acquire(2)
  const waiting = [
    acquire(slots, 1, 'low', order),
    acquire(slots, 2, 'first high', order),
    acquire(slots, 2, 'second high', order)
  ].map((acquired) => acquired.then((releaseNext) => releaseNext()))
  release()
  await Promise.all(waiting)
  expect(order).toEqual(['first high', 'second high', 'low'])
})

it('limits the number of callers that have a slot', async () => {
  const slots = createPrioritySlots(2)
  const order: string[] = []
  const release = await slots.acquire(0)
  await slots.acquire(0)
  const third = acquire(slots, 1, 'third', order)
  await setImmediate()
  expect(order).toEqual([])
  release()
  await third
})

it('provides free slots to a lower priority only if no higher one has a slot', async () => {
  const slots = createPrioritySlots(4)
  const order: string[] = []
  const releaseLow = await slots.acquire(1)
  const releaseHigh = await slots.acquire(2)
  const waiting = [acquire(slots, 1, 'first low', order), acquire(slots, 1, 'second low', order)]
  await setImmediate()
  releaseLow()
  await setImmediate()
  expect(order).toEqual([])
  releaseHigh()
  await Promise.all(waiting)
  expect(order).toEqual(['first low', 'second low'])
})
