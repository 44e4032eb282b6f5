import fc from 'fast-check'
import {
  cutJsonList,
  describeChange,
  hasChanges,
  planJson,
  planText
} from '../../src/runner/plan.js'
import type { Change } from '../../src/runner/plan.js'

const keep = (target: string): Change => ({ action: 'keep', kind: 'tag', target })
const remove = (target: string): Change => ({
  action: 'delete',
  kind: 'tag',
  target,
  reason: 'old'
})

describe('hasChanges', () => {
  it('does not count rows with action keep', () => {
    expect(hasChanges([keep('a:1')])).toBe(false)
    expect(hasChanges([keep('a:1'), remove('a:2')])).toBe(true)
  })
})

describe('describeChange', () => {
  it('returns the action, the object and the reason', () => {
    expect(describeChange(remove('a:2'))).toBe('delete tag a:2: old')
    expect(describeChange(keep('a:1'))).toBe('keep tag a:1')
  })
})

describe('planJson', () => {
  it('returns the whole plan if it is small enough', () => {
    const plan = [keep('a:1'), remove('a:2')]
    expect(planJson(plan)).toEqual({ json: JSON.stringify(plan), isCut: false })
  })

  it('leaves out rows with action keep first, and counts them', () => {
    const plan = [...Array.from({ length: 50 }, (_, at) => keep(`a:${at}`)), remove('a:x')]
    const { json, isCut } = planJson(plan, 400)
    expect(isCut).toBe(true)
    expect(JSON.parse(json)).toEqual([
      remove('a:x'),
      { action: 'keep', kind: 'more', target: '… and 50 more' }
    ])
  })

  it('does not exceed the limit and counts every row', () => {
    const row = fc.record({
      action: fc.constantFrom('keep' as const, 'delete' as const),
      kind: fc.constant('tag' as const),
      target: fc.string({ unit: 'grapheme', maxLength: 60 })
    })
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 60 }),
        fc.integer({ min: 150, max: 3000 }),
        (plan, max) => {
          const { json, isCut } = planJson(plan, max)
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(max)
          const rows = JSON.parse(json) as Change[]
          const more = isCut ? Number(/and (\d+) more/.exec(rows.at(-1)!.target)![1]) : 0
          expect(rows.length - (isCut ? 1 : 0) + more).toBe(plan.length)
        }
      )
    )
  })
})

describe('cutJsonList', () => {
  it('ends a list that is too large with a row that counts the rest', () => {
    const names = Array.from({ length: 100 }, (_, at) => `repository-${at}`)
    const list = JSON.parse(cutJsonList(names, 500)) as unknown[]
    const last = list.pop() as { target: string }
    expect(last.target).toBe(`… and ${100 - list.length} more`)
    expect(list).toEqual(names.slice(0, list.length))
  })
})

describe('planText', () => {
  it.each([0, 1, 2, 999, 1000, 1001, 2500])(
    'returns all of %i rows with one row per line',
    (count) => {
      const plan = Array.from({ length: count }, (_, at) => ({
        ...remove(`a:${at}`),
        orphans: [at]
      }))
      const text = [...planText(plan)].join('')
      expect(JSON.parse(text)).toEqual(plan)
      expect(text.match(/^\{.*\},?$/gm) ?? []).toHaveLength(count)
      expect(text.endsWith(']\n')).toBe(true)
    }
  )
})
