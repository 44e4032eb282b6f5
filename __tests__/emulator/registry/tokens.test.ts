import fc from 'fast-check'
import { createTokens } from '../../../src/emulator/registry/tokens.js'

const tokens = createTokens(Buffer.from('one key'))

test('a token contains its owner until it expires, and is reported as expired afterwards', () => {
  const token = tokens.issue('account', 1_000)
  expect(tokens.read(token, 999)).toEqual({ state: 'valid', holder: 'account' })
  expect(tokens.read(token, 1_000)).toEqual({ state: 'expired', holder: 'account' })
})

test('reads a password from credentials with the user name AWS only', () => {
  const credentials = (user: string): string =>
    Buffer.from(`${user}:${tokens.issue('account', 1_000)}`).toString('base64')
  expect(tokens.readCredentials(credentials('AWS'), 0)).toEqual({
    state: 'valid',
    holder: 'account'
  })
  expect(tokens.readCredentials(credentials('aws'), 0)).toEqual({ state: 'invalid' })
})

test('a token has the format of the service: base64 of JSON with its expiration, without a colon', () => {
  const token = tokens.issue('anonymous', 5_000)
  expect(token).not.toContain(':')
  expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({
    payload: expect.any(String),
    datakey: expect.any(String),
    version: '3',
    type: 'DATA_KEY',
    expiration: 5
  })
})

test('a password has as many characters as one of the service', () => {
  for (const expiresAt of [0, 1_000, Date.UTC(2026, 0, 1), Date.UTC(9999, 0, 1)]) {
    for (const holder of ['account', 'anonymous', 'expired-password'] as const) {
      expect(tokens.issue(holder, expiresAt)).toHaveLength(2714)
    }
  }
})

test('a token of another key is invalid, a token of the same key is valid after a restart', () => {
  const token = tokens.issue('account', 1_000)
  expect(createTokens(Buffer.from('another')).read(token, 0)).toEqual({ state: 'invalid' })
  expect(createTokens(Buffer.from('one key')).read(token, 0)).toMatchObject({ state: 'valid' })
})

test('rejects any other text as a token', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
      expect(tokens.read(text, 0)).toEqual({ state: 'invalid' })
      expect(tokens.readCredentials(text, 0)).toEqual({ state: 'invalid' })
    })
  )
})
