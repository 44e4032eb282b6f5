import fc from 'fast-check'
import { parseLifecyclePolicy } from '../../src/cleanup-tags/rules/lifecycle-policy.js'
import { readPolicy } from '../../src/ensure-repo/read-policy.js'
import {
  CredentialDocumentError,
  parseCredentialDocument
} from '../../src/login/credential-document.js'
import {
  canonicalJson,
  isTooDeep,
  JsonError,
  MAX_JSON_DEPTH,
  parseJson,
  syntaxErrorOf
} from '../../src/runner/json.js'
import type { Json } from '../../src/runner/json.js'

const lists = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON that is nested too deeply', () => {
  it('is detected by its depth', () => {
    expect(isTooDeep(JSON.parse(lists(MAX_JSON_DEPTH)))).toBe(false)
    expect(isTooDeep(JSON.parse(lists(MAX_JSON_DEPTH + 2)))).toBe(true)
    expect(isTooDeep(JSON.parse(lists(100_000)))).toBe(true)
    expect(isTooDeep({ a: [null, 1, 'text'], b: {} })).toBe(false)
  })

  it('is rejected in credential files, policies and lifecycle policies', async () => {
    const deep = lists(14_000)
    expect(() => parseCredentialDocument(`{"a":${deep}}`)).toThrow(CredentialDocumentError)
    expect(() => parseCredentialDocument('{"a":'.repeat(20_000))).toThrow(CredentialDocumentError)
    await expect(readPolicy(`{"Statement":${deep}}`, {})).rejects.toThrow(/deeper than 100 levels/)
    expect(() => parseLifecyclePolicy(`{"rules":${deep}}`, 'p.json')).toThrow(/nest.*100 levels/)
  })
})

describe('parseJson', () => {
  it('returns the value of any JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      })
    )
  })

  it('does not quote the text in the message of an error', () => {
    const error = errorOf(() => parseJson('{"password": secret}'))
    expect(error.message).toBe('The text is not valid JSON.')
    expect(syntaxErrorOf(error)).toMatch(/secret.*\.$/)
  })

  it('returns the same reason for JSON that is nested too deeply', () => {
    const error = errorOf(() => parseJson(lists(1000)))
    expect(error.message).toBe('The JSON is nested deeper than 100 levels.')
    expect(syntaxErrorOf(error)).toBe(error.message)
  })
})

function errorOf(act: () => unknown): JsonError {
  try {
    act()
  } catch (error) {
    if (error instanceof JsonError) return error
  }
  throw new Error('The call did not throw a JsonError')
}

describe('canonicalJson', () => {
  it('does not depend on the order of keys and is valid JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const value = JSON.parse(JSON.stringify(object)) as Record<string, Json>
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        expect(canonicalJson(reversed)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
      })
    )
  })
})
