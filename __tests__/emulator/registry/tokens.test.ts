import fc from 'fast-check'
import { createTokens } from '../../../src/emulator/registry/tokens.js'

const tokens = createTokens(Buffer.from('one key'))

test('a token says whom it speaks for until it expires, and that it has expired after', () => {
  const token = tokens.issue('account', 1_000)
  expect(tokens.read(token, 999)).toEqual({ state: 'valid', holder: 'account' })
  expect(tokens.read(token, 1_000)).toEqual({ state: 'expired', holder: 'account' })
})

test('a password is read from credentials with the user name AWS, and with no other', () => {
  const credentials = (user: string): string =>
    Buffer.from(`${user}:${tokens.issue('account', 1_000)}`).toString('base64')
  expect(tokens.readCredentials(credentials('AWS'), 0)).toEqual({
    state: 'valid',
    holder: 'account'
  })
  expect(tokens.readCredentials(credentials('aws'), 0)).toEqual({ state: 'invalid' })
})

test('a token has the form of the service: JSON in base64 with its expiration, and no colon', () => {
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

test('a token of another key is invalid, and of the same key valid, as after a restart', () => {
  const token = tokens.issue('account', 1_000)
  expect(createTokens(Buffer.from('another')).read(token, 0)).toEqual({ state: 'invalid' })
  expect(createTokens(Buffer.from('one key')).read(token, 0)).toMatchObject({ state: 'valid' })
})

test('no other text is a token', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
      expect(tokens.read(text, 0)).toEqual({ state: 'invalid' })
      expect(tokens.readCredentials(text, 0)).toEqual({ state: 'invalid' })
    })
  )
})
