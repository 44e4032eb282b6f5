import fc from 'fast-check'
import { SequencedMap } from '../../../src/emulator/store/sequenced-map.js'

/** Returns the keys of all pages. `between` is called between two pages. */
function listAll(map: SequencedMap<number>, limit: number, between: () => void): string[] {
  const found: string[] = []
  for (let after = 0; ;) {
    const page = map.page(after, limit)
    found.push(...page.map(({ key }) => key))
    if (page.length < limit) return found
    after = page.at(-1)!.sequence
    between()
  }
}

test('contains the same entries as a Map, in order of addition', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), {
    maxLength: 400
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const map = new SequencedMap<number>()
      const model = new Map<string, number>()
      for (const [at, [isAddition, number]] of all.entries()) {
        const key = String(number)
        if (isAddition) {
          map.set(key, at, at + 1)
          model.set(key, at)
        } else {
          expect(map.delete(key)).toBe(model.delete(key))
        }
      }
      expect(map.size).toBe(model.size)
      expect([...map.keys()]).toEqual([...model.keys()])
      expect([...map.values()]).toEqual([...model.values()])
      expect(listAll(map, limit, () => undefined)).toEqual([...model.keys()])
      for (const [key, value] of model) expect(map.get(key)).toBe(value)
    })
  )
})

test('deletions between pages do not make other entries appear twice or disappear', () => {
  const map = new SequencedMap<number>()
  for (let at = 1; at <= 500; at++) map.set(String(at), at, at)
  let next = 0
  const found = listAll(map, 10, () => {
    // Delete two of three listed entries and one that is not listed yet.
    for (const offset of [1, 2, 9]) map.delete(String(next + offset))
    map.delete(String(next + 25))
    next += 10
  })
  expect(new Set(found).size).toBe(found.length)
  for (let at = 1; at <= 500; at++) {
    if (map.has(String(at))) expect(found).toContain(String(at))
  }
})

test('its version changes with added and deleted keys, but not with a new value', () => {
  const map = new SequencedMap<number>()
  const versions = [map.version]
  const then = (): void => void versions.push(map.version)
  map.set('a', 1, 1)
  then()
  map.set('a', 2, 2)
  then()
  map.delete('b')
  then()
  map.delete('a')
  then()
  const [empty, added, replaced, missed, deleted] = versions
  expect(added).not.toBe(empty)
  expect(replaced).toBe(added)
  expect(missed).toBe(added)
  expect(deleted).not.toBe(added)
})
