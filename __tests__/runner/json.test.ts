import { isTooDeep, MAX_JSON_DEPTH } from '../../src/runner/json.js'
import { AuthDocumentError, parseAuthDocument } from '../../src/login/auth-document.js'
import { readPolicy } from '../../src/ensure-repo/read-policy.js'
import { parseLifecyclePolicy } from '../../src/cleanup-tags/rules/lifecycle-policy.js'

const lists = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON that nests without end', () => {
  it('is told by its depth', () => {
    expect(isTooDeep(JSON.parse(lists(MAX_JSON_DEPTH)))).toBe(false)
    expect(isTooDeep(JSON.parse(lists(MAX_JSON_DEPTH + 2)))).toBe(true)
    expect(isTooDeep(JSON.parse(lists(100_000)))).toBe(true)
    expect(isTooDeep({ a: [null, 1, 'text'], b: {} })).toBe(false)
  })

  it('is refused in credential files, policies and lifecycle policies', async () => {
    const deep = lists(14_000)
    expect(() => parseAuthDocument(`{"a":${deep}}`)).toThrow(AuthDocumentError)
    expect(() => parseAuthDocument('{"a":'.repeat(20_000))).toThrow(AuthDocumentError)
    await expect(readPolicy(`{"Statement":${deep}}`)).rejects.toThrow(/at most 100 levels/)
    expect(() => parseLifecyclePolicy(`{"rules":${deep}}`, 'p.json')).toThrow(/nests too deep/)
  })
})
