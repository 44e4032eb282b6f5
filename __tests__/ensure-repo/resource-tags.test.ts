import fc from 'fast-check'
import { checkResourceTags, diffResourceTags } from '../../src/ensure-repo/resource-tags.js'

function tags(count: number, prefix = 'k'): { key: string; value: string }[] {
  return Array.from({ length: count }, (_, at) => ({ key: `${prefix}${at}`, value: 'v' }))
}

describe('checkResourceTags', () => {
  test.each([
    ['env', 'prod'],
    ['Größe', 'a b_c.d:e/f=g+h-i@j'],
    ['k'.repeat(128), 'v'.repeat(256)],
    ['empty', '']
  ])('accepts %s=%s', (key, value) => {
    expect(() => checkResourceTags([{ key, value }])).not.toThrow()
  })

  test.each([
    ['k'.repeat(129), 'v', 'an invalid key'],
    ['a;b', 'v', 'an invalid key'],
    ['k', 'v'.repeat(257), 'an invalid value'],
    ['k', '<x>', 'an invalid value'],
    ['aws:k', 'v', 'a reserved key'],
    ['AWS:k', 'v', 'a reserved key']
  ])('rejects %s=%s', (key, value, reason) => {
    expect(() => checkResourceTags([{ key, value }])).toThrow(reason)
  })

  test('accepts 50 tags and rejects 51', () => {
    expect(() => checkResourceTags(tags(50))).not.toThrow()
    expect(() => checkResourceTags(tags(51))).toThrow('at most 50')
  })
})

describe('diffResourceTags', () => {
  const current = new Map([
    ['same', '1'],
    ['changed', 'old'],
    ['other', 'x'],
    ['aws:cloudformation:stack', 'y']
  ])
  const desired = [
    { key: 'same', value: '1' },
    { key: 'changed', value: 'new' },
    { key: 'added', value: '2' }
  ]

  test('sets new and changed tags and keeps all others', () => {
    expect(diffResourceTags('app', current, desired, false)).toEqual({
      set: [
        { key: 'changed', value: 'new', isNew: false },
        { key: 'added', value: '2', isNew: true }
      ],
      kept: [{ key: 'same', value: '1' }],
      removed: []
    })
  })

  test('removes tags that are not listed, except those that AWS has set', () => {
    expect(diffResourceTags('app', current, desired, true).removed).toEqual(['other'])
    expect(diffResourceTags('app', current, [], true).removed).toEqual(['same', 'changed', 'other'])
  })

  test('rejects too many tags before an API call, unless others are removed', () => {
    const full = new Map(tags(50).map(({ key, value }) => [key, value]))
    const more = tags(1, 'new')
    expect(() => diffResourceTags('team/app', full, more, false)).toThrow(
      /team\/app would have too many resource tags.*51/
    )
    expect(diffResourceTags('app', full, more, true).removed).toHaveLength(50)
    expect(diffResourceTags('app', full, [{ key: 'k0', value: 'w' }], false).set).toHaveLength(1)
  })

  test('leads to the desired tags, and a second difference is empty', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'aws:d')
    const value = fc.constantFrom('1', '2')
    const own = fc.dictionary(
      key.filter((each) => each !== 'aws:d'),
      value
    )
    fc.assert(
      fc.property(fc.dictionary(key, value), own, fc.boolean(), (before, after, prunes) => {
        const now = new Map<string, string>(Object.entries(before))
        const desired = Object.entries(after).map(([name, text]) => ({ key: name, value: text }))
        const diff = diffResourceTags('app', now, desired, prunes)
        for (const each of diff.removed) now.delete(each)
        for (const each of diff.set) now.set(each.key, each.value)
        const again = diffResourceTags('app', now, desired, prunes)
        expect([again.set, again.removed]).toEqual([[], []])
        for (const each of desired) expect(now.get(each.key)).toBe(each.value)
        expect(now.get('aws:d')).toBe(before['aws:d'])
      })
    )
  })
})
