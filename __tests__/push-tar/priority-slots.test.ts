import { createPrioritySlots } from '../../src/push-tar/priority-slots.js'

it('provides the next slot to the highest priority, and to the oldest caller of the same priority', async () => {
  const slots = createPrioritySlots(1)
  await slots.acquire(0)
  const order: string[] = []
  const waiting = [
    slots.acquire(1).then(() => order.push('low')),
    slots.acquire(2).then(() => order.push('first high')),
    slots.acquire(2).then(() => order.push('second high'))
  ]
  waiting.forEach(() => slots.release())
  await Promise.all(waiting)
  expect(order).toEqual(['first high', 'second high', 'low'])
})

it('limits the number of callers that have a slot', async () => {
  const slots = createPrioritySlots(2)
  await slots.acquire(0)
  await slots.acquire(0)
  let isAcquired = false
  const third = slots.acquire(0).then(() => (isAcquired = true))
  await Promise.resolve()
  expect(isAcquired).toBe(false)
  slots.release()
  await third
})
