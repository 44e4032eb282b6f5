import {
  AuthDocumentError,
  digestOf,
  findValue,
  parseAuthDocument
} from '../../src/login/auth-document.js'
import { describeSyntaxFault } from '../../src/login/json-text.js'

const HOST = 'public.ecr.aws'

describe('parsing', () => {
  test.each(['', ' \n', '{}'])('%j is an empty credential file', (text) => {
    expect(parseAuthDocument(text)).toEqual({})
  })

  test('a syntax error is told by its place, and nothing of the text is shown', () => {
    const text = '{\n  "auths": {"x": {"auth": "c2VjcmV0"} oops\n}'
    const parse = (): unknown => parseAuthDocument(text)
    expect(parse).toThrow(AuthDocumentError)
    expect(parse).not.toThrow(/c2VjcmV0|oops/)
    const fault = describeSyntaxFault(text)
    expect(fault).toMatch(/ in line 2, column \d+$/)
    expect(fault).not.toMatch(/c2VjcmV0|oops/)
  })

  test.each(['{"auths": {}}', '[]', '['.repeat(100_000)])(
    '%.20s has no place to be told',
    (text) => {
      expect(describeSyntaxFault(text)).toBeUndefined()
    }
  )

  test.each([
    ['[]', 'it holds no JSON object'],
    ['"text"', 'it holds no JSON object'],
    ['null', 'it holds no JSON object'],
    ['{"auths": []}', 'its member "auths" is no JSON object'],
    ['{"credHelpers": "x"}', 'its member "credHelpers" is no JSON object'],
    ['{"auths": {}} // comment', 'it is no JSON'],
    ['{"auths": {},}', 'it is no JSON'],
    ['\ufeff{}', 'it is no JSON']
  ])('%s is refused: %s', (text, reason) => {
    expect(() => parseAuthDocument(text)).toThrow(reason)
  })

  test('a section that is null counts as empty, as Docker reads it', () => {
    expect(findValue(parseAuthDocument('{"auths": null}'), 'auths', HOST)).toBeUndefined()
  })
})

test('a digest does not depend on the order of keys, but on every value', () => {
  expect(digestOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(digestOf({ b: [{ d: 3, c: 2 }], a: 1 }))
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: '1' }))
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]))
})
