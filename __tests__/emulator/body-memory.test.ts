import { createBodyMemory } from '../../src/emulator/body-memory.js'

const MIB = 1024 * 1024

describe('the memory of bodies', () => {
  it('is used again for a body that is a few bytes longer', () => {
    const memory = createBodyMemory()
    const first = memory.take(5 * MIB + 7)
    memory.give(first)
    expect(memory.take(5 * MIB + 9)).toBe(first)
  })

  it('is no one else’s as long as it is taken', () => {
    const memory = createBodyMemory()
    expect(memory.take(2 * MIB)).not.toBe(memory.take(2 * MIB))
  })

  it('holds what was asked for, be it more than what is kept', () => {
    const memory = createBodyMemory()
    memory.give(memory.take(2 * MIB))
    expect(memory.take(3 * MIB).length).toBeGreaterThanOrEqual(3 * MIB)
    expect(memory.take(10)).toHaveLength(10)
  })

  it('keeps no more than a few pieces', () => {
    const memory = createBodyMemory()
    const taken = Array.from({ length: 6 }, () => memory.take(MIB))
    for (const piece of taken) memory.give(piece)
    const again = Array.from({ length: 6 }, () => memory.take(MIB))
    expect(again.filter((piece) => taken.includes(piece))).toHaveLength(4)
  })
})
