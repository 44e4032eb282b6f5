import { rejectDuplicateMembers } from '../../src/runner/reject-duplicate-members.js'

test.each([
  ['{"a": 1, "b": 2, "a": 3}', 'a'],
  ['{"a": {"b": 1}, "c": [{"d": 1, "d": 1}]}', 'd'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"__proto__": 1, "__proto__": 2}', '__proto__']
])('rejects a member that an object contains twice in %s', (text, name) => {
  expect(() => rejectDuplicateMembers(text, 'Input "policy"')).toThrow(
    `Input "policy" contains a member twice in one object: "${name}". Combine the two members, or remove one of them.`
  )
})

test.each(['{"a": {"a": 1}, "b": {"a": 1}}', '[{"a": 1}, {"a": 1}]', '{"a": "a", "A": 1}', '1'])(
  'accepts %s',
  (text) => {
    expect(() => rejectDuplicateMembers(text, 'x')).not.toThrow()
  }
)
