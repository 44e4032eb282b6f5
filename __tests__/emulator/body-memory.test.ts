import { createBodyMemory } from '../../src/emulator/body-memory.js'

const MIB = 1024 * 1024

describe('the memory for bodies', () => {
  it('is reused for a body that is a few bytes longer', () => {
    const memory = createBodyMemory()
    const first = memory.acquire(5 * MIB + 7)
    memory.release(first)
    expect(memory.acquire(5 * MIB + 9)).toBe(first)
  })

  it('is not shared while it is in use', () => {
    const memory = createBodyMemory()
    expect(memory.acquire(2 * MIB)).not.toBe(memory.acquire(2 * MIB))
  })

  it('has the requested size, even if it exceeds the size of the pool', () => {
    const memory = createBodyMemory()
    memory.release(memory.acquire(2 * MIB))
    expect(memory.acquire(3 * MIB).length).toBeGreaterThanOrEqual(3 * MIB)
    expect(memory.acquire(10)).toHaveLength(10)
  })

  it('keeps only a few buffers', () => {
    const memory = createBodyMemory()
    const acquired = Array.from({ length: 6 }, () => memory.acquire(MIB))
    for (const piece of acquired) memory.release(piece)
    const again = Array.from({ length: 6 }, () => memory.acquire(MIB))
    expect(again.filter((piece) => acquired.includes(piece))).toHaveLength(4)
  })
})
