import { canonicalJson } from '../../src/runner/canonical-json.js'

describe('canonicalJson', () => {
  it('sorts the keys of all objects', () => {
    const value = { b: [{ d: 1, c: null }], a: { z: 'x', y: true }, 10: 0, 9: 0 }
    expect(canonicalJson(value)).toBe(
      '{"9":0,"10":0,"a":{"y":true,"z":"x"},"b":[{"c":null,"d":1}]}'
    )
  })

  it('keeps the order of arrays', () => {
    expect(canonicalJson([2, 1])).toBe('[2,1]')
  })

  it('keeps a key named __proto__', () => {
    const text = '{"__proto__":{"a":1,"b":2}}'
    expect(canonicalJson(JSON.parse(text))).toBe(text)
  })
})
