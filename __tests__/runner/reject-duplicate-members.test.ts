import { findDuplicateMember } from '../../src/runner/find-duplicate-member.js'

test.each([
  ['{"a": 1, "b": 2, "a": 3}', 'a'],
  ['{"a": {"b": 1}, "c": [{"d": 1, "d": 1}]}', 'd'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"__proto__": 1, "__proto__": 2}', '__proto__']
])('finds a member that an object contains twice in %s', (text, name) => {
  expect(findDuplicateMember(text)).toBe(name)
})

test.each(['{"a": {"a": 1}, "b": {"a": 1}}', '[{"a": 1}, {"a": 1}]', '{"a": "a", "A": 1}', '1'])(
  'does not find one in %s',
  (text) => {
    expect(findDuplicateMember(text)).toBeUndefined()
  }
)
