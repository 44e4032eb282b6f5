import { messageOf } from '../../src/runner/errors.js'

test.each([
  [new Error('as it is'), 'as it is'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
  [
    Object.assign(new Error(), { message: { toString: 1, valueOf: 2 } }),
    'an error without a message'
  ],
  [Object.create(null), 'an error without a message']
])('returns a message for any thrown value: %#', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message)
})
