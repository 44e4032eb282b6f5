import { createPrioritySlots } from '../../src/push-tar/priority-slots.js'

/** Waits for a slot and adds `name` to the list when it has one. */
async function acquire(
  slots: ReturnType<typeof createPrioritySlots>,
  priority: number,
  name: string,
  order: string[]
): Promise<void> {
  await slots.acquire(priority)
  order.push(name)
}

it('provides the next slot to the highest priority, and to the oldest caller of the same priority', async () => {
  const slots = createPrioritySlots(1)
  const order: string[] = []
  await slots.acquire(2)
  const waiting = [
    acquire(slots, 1, 'low', order),
    acquire(slots, 2, 'first high', order),
    acquire(slots, 2, 'second high', order)
  ]
  for (const priority of [2, 2, 2]) slots.release(priority)
  await Promise.all(waiting)
  expect(order).toEqual(['first high', 'second high', 'low'])
})

it('limits the number of callers that have a slot', async () => {
  const slots = createPrioritySlots(2)
  const order: string[] = []
  await slots.acquire(0)
  await slots.acquire(0)
  const third = acquire(slots, 1, 'third', order)
  await Promise.resolve()
  expect(order).toEqual([])
  slots.release(0)
  await third
})

it('provides free slots to a lower priority only if no higher one has a slot', async () => {
  const slots = createPrioritySlots(3)
  const order: string[] = []
  await slots.acquire(1)
  await slots.acquire(2)
  const waiting = [acquire(slots, 1, 'first low', order), acquire(slots, 1, 'second low', order)]
  await Promise.resolve()
  expect(order).toEqual([])
  slots.release(2)
  await Promise.all(waiting)
  expect(order).toEqual(['first low', 'second low'])
})
