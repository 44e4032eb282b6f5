import { createPageToken, readPageToken } from '../../../src/emulator/paging/page-token.js'

const KEY = Buffer.alloc(32, 1)
const INVALID = /^Invalid parameter at 'nextToken'/

test('a token contains the sequence number for its list', () => {
  const token = createPageToken(KEY, 'DescribeImages team/app', 42)
  expect(readPageToken(KEY, 'DescribeImages team/app', token)).toBe(42)
})

test('two tokens for the same page differ and do not contain the list', () => {
  const tokens = [1, 2].map(() => createPageToken(KEY, 'DescribeImages team/app', 42))
  expect(tokens[0]).not.toBe(tokens[1])
  expect(Buffer.from(tokens[0]!, 'base64').toString('latin1')).not.toContain('team/app')
})

test('rejects a token of another list', () => {
  const token = createPageToken(KEY, 'DescribeImages team/app', 42)
  expect(() => readPageToken(KEY, 'DescribeImages team/other', token)).toThrow(INVALID)
})

test('rejects a token of another key', () => {
  const token = createPageToken(Buffer.alloc(32, 2), 'DescribeImages', 42)
  expect(() => readPageToken(KEY, 'DescribeImages', token)).toThrow(INVALID)
})

test('rejects a token with any changed byte', () => {
  const bytes = Buffer.from(createPageToken(KEY, 'DescribeImages', 42), 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    const token = changed.toString('base64')
    expect(() => readPageToken(KEY, 'DescribeImages', token)).toThrow(INVALID)
  }
})

test.each(['', 'token', 'AAAA', '%'])('rejects the text "%s"', (token) => {
  expect(() => readPageToken(KEY, 'DescribeImages', token)).toThrow(INVALID)
})
