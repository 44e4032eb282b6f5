import { isLoopback, originOf } from '../../src/http/loopback.js'

describe('isLoopback', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:5111',
    '127.8.9.10:1',
    'localhost',
    'localhost:5111',
    'LOCALHOST',
    '[::1]:5111',
    '[::1]',
    '::1'
  ])('returns true for %s', (host) => expect(isLoopback(host)).toBe(true))

  it.each([
    'public.ecr.aws',
    '128.0.0.1',
    '10.0.0.1:80',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '[::2]:1',
    '::ffff:8.8.8.8',
    ''
  ])('returns false for %j', (host) => expect(isLoopback(host)).toBe(false))
})

describe('originOf', () => {
  it('returns http for the loopback interface only', () => {
    expect(originOf('127.0.0.1:5111')).toBe('http://127.0.0.1:5111')
    expect(originOf('public.ecr.aws')).toBe('https://public.ecr.aws')
  })
})
