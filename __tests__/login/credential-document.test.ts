import {
  CredentialDocumentError,
  digestOf,
  findCredentialStore,
  findValue,
  listHosts,
  parseCredentialDocument
} from '../../src/login/credential-document.js'
import { describeSyntaxError } from '../../src/runner/json-syntax-error.js'

const HOST = 'public.ecr.aws'

describe('parseCredentialDocument', () => {
  test.each(['', ' \n', '{}'])('parses %j as an empty document', (text) => {
    expect(parseCredentialDocument(text)).toEqual({})
  })

  test('reports the position of a syntax error without quoting the text', () => {
    const text = '{\n  "auths": {"x": {"auth": "c2VjcmV0"} oops\n}'
    const parse = (): unknown => parseCredentialDocument(text)
    expect(parse).toThrow(CredentialDocumentError)
    expect(parse).not.toThrow(/c2VjcmV0|oops/)
    const syntaxError = describeSyntaxError(text)
    expect(syntaxError).toMatch(/ in line 2, column \d+$/)
    expect(syntaxError).not.toMatch(/c2VjcmV0|oops/)
  })

  test.each(['{"auths": {}}', '[]', '['.repeat(100_000)])(
    'does not report a syntax error in %.20s',
    (text) => {
      expect(describeSyntaxError(text)).toBeUndefined()
    }
  )

  test.each([
    ['[]', 'The file is not a JSON object'],
    ['"text"', 'The file is not a JSON object'],
    ['null', 'The file is not a JSON object'],
    ['{"auths": []}', 'The member "auths" is not a JSON object'],
    ['{"credHelpers": "x"}', 'The member "credHelpers" is not a JSON object'],
    ['{"auths": {}} // comment', 'The text is not valid JSON'],
    ['{"auths": {},}', 'The text is not valid JSON'],
    ['\ufeff{}', 'The text is not valid JSON']
  ])('rejects %s: %s', (text, reason) => {
    expect(() => parseCredentialDocument(text)).toThrow(reason)
  })

  test('accepts a section that is null, as Docker does', () => {
    const document = parseCredentialDocument('{"auths": null}')
    expect(findValue(document, 'auths', HOST)).toBeUndefined()
    expect(listHosts(document, 'auths')).toEqual([])
  })
})

test.each([
  ['{"credsStore": "desktop"}', 'desktop'],
  ['{"CredsStore": "desktop"}', 'desktop'],
  ['{"credsStore": ""}', undefined],
  ['{"credsStore": 1}', undefined],
  ['{"credsStore": ["desktop"]}', undefined],
  ['{}', undefined]
])('findCredentialStore finds in %s the store %j', (text, store) => {
  expect(findCredentialStore(parseCredentialDocument(text))).toBe(store)
})

test('digestOf depends on all values, but not on the order of keys', () => {
  expect(digestOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(digestOf({ b: [{ d: 3, c: 2 }], a: 1 }))
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: '1' }))
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]))
})
