import { isExpiredEntry } from '../../src/login/expired-entry.js'
import type { Json } from '../../src/runner/json.js'

const NOW = new Date('2026-11-30T12:00:00Z')
const SECONDS = NOW.getTime() / 1000

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const tokenOf = (expiration: unknown): string =>
  base64(JSON.stringify({ payload: 'x', expiration }))

describe('isExpiredEntry', () => {
  test.each<[string, Json]>([
    ['a token in auth', { auth: base64(`AWS:${tokenOf(SECONDS - 1)}`) }],
    ['a token that expires now', { auth: base64(`AWS:${tokenOf(SECONDS)}`) }],
    ['a token in password', { username: 'AWS', password: tokenOf(SECONDS - 1) }]
  ])('returns true for an expired entry: %s', (_name, entry) => {
    expect(isExpiredEntry(entry, NOW)).toBe(true)
  })

  test.each<[string, Json | undefined]>([
    ['no entry', undefined],
    ['null', null],
    ['a text', tokenOf(SECONDS - 1)],
    ['an empty object', {}],
    ['a token that has not expired', { auth: base64(`AWS:${tokenOf(SECONDS + 1)}`) }],
    ['a password that has not expired', { password: tokenOf(SECONDS + 1) }],
    [
      'a password that has not expired beside an old token',
      { password: tokenOf(SECONDS + 1), auth: base64(`AWS:${tokenOf(SECONDS - 1)}`) }
    ],
    ['an empty password', { password: '', auth: base64(`AWS:${tokenOf(SECONDS - 1)}`) }],
    ['a password that is not a token', { auth: base64('someone:a password') }],
    ['a number as auth', { auth: 1 }],
    ['a token without expiration', { auth: base64(`AWS:${tokenOf(undefined)}`) }],
    ['an expiration that is a text', { auth: base64(`AWS:${tokenOf('1')}`) }],
    ['an expiration that is null', { auth: base64(`AWS:${tokenOf(null)}`) }],
    ['a token that is a list', { auth: base64(`AWS:${base64('[{"expiration":1}]')}`) }],
    ['a token that is null', { auth: base64(`AWS:${base64('null')}`) }]
  ])('returns false for an entry that is not known to be expired: %s', (_name, entry) => {
    expect(isExpiredEntry(entry, NOW)).toBe(false)
  })
})
