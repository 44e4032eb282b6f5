import fc from 'fast-check'
import {
  AuthDocumentError,
  digestOf,
  editAuthText,
  findValue,
  parseAuthDocument
} from '../../src/auth/auth-document.js'
import type { Json, JsonObject } from '../../src/auth/auth-document.js'

const HOST = 'public.ecr.aws'
const AUTH = { auth: 'QVdTOnNlY3JldA==' }

function withEntry(text: string): string {
  return editAuthText(text, [{ section: 'auths', host: HOST, value: AUTH }])
}

describe('parsing', () => {
  test.each(['', ' \n', '{}'])('%j is an empty auth file', (text) => {
    expect(parseAuthDocument(text)).toEqual({})
  })

  test('a syntax error is told by its place, and nothing of the text is shown', () => {
    const text = '{\n  "auths": {"x": {"auth": "c2VjcmV0"} oops\n}'
    const parse = (): unknown => parseAuthDocument(text)
    expect(parse).toThrow(AuthDocumentError)
    expect(parse).toThrow(/in line 2, column \d+$/)
    expect(parse).not.toThrow(/c2VjcmV0|oops/)
  })

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
    expect(withEntry('{"auths": null}')).toBe(`{"auths": {"${HOST}": {"auth":"${AUTH.auth}"}}}`)
  })
})

describe('editing', () => {
  test('a new file is indented by tabs, as docker and podman write it', () => {
    expect(withEntry('')).toBe(
      `{\n\t"auths": {\n\t\t"${HOST}": {\n\t\t\t"auth": "${AUTH.auth}"\n\t\t}\n\t}\n}`
    )
  })

  test.each([
    ['spaces', '  ', '\n'],
    ['four spaces', '    ', '\n'],
    ['tabs', '\t', '\n'],
    ['Windows lines', '  ', '\r\n']
  ])('%s stay', (_name, indent, eol) => {
    const text = ['{', `${indent}"auths": {},`, `${indent}"psFormat": "{{.ID}}"`, '}', ''].join(eol)
    const edited = withEntry(text)
    const lines = [
      '{',
      `${indent}"auths": {`,
      `${indent.repeat(2)}"${HOST}": {`,
      `${indent.repeat(3)}"auth": "${AUTH.auth}"`,
      `${indent.repeat(2)}}`,
      `${indent}},`,
      `${indent}"psFormat": "{{.ID}}"`,
      '}',
      ''
    ]
    expect(edited).toBe(lines.join(eol))
  })

  test('key order, numbers beyond a double and odd spacing of the rest stay as they are written', () => {
    const rest = '"z": 12345678901234567890,   "10": 1e400, "2": [1 ,2]'
    const edited = withEntry(`{\n  ${rest},\n  "auths": {}\n}`)
    expect(edited).toContain(rest)
  })

  test('a key that stands there twice is refused, since tools read it differently', () => {
    const text = '{"auths": {"a": {}}, "auths": {"b": {}}}'
    expect(() => withEntry(text)).toThrow('it holds a key twice')
  })

  test('taking away what is not there changes nothing', () => {
    const text = '{ "auths":{ } }'
    expect(editAuthText(text, [{ section: 'auths', host: HOST, value: undefined }])).toBe(text)
  })

  test('emptied sections go, others stay', () => {
    const text = '{"auths": {"public.ecr.aws": {}}, "credHelpers": {"x": "y"}}'
    const setting = { section: 'auths', host: HOST, value: undefined } as const
    expect(editAuthText(text, [setting], ['auths', 'credHelpers'])).toBe(
      '{"credHelpers": {"x": "y"}}'
    )
  })
})

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const hostName = fc.constantFrom('a.example', 'localhost:5000', 'https://index.docker.io/v1/', '10')
const entry = fc.record({ auth: fc.base64String() }, { requiredKeys: [] })

/** Auth files of all kinds, with more in them than this action knows. */
const documents: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      auths: fc.dictionary(hostName, entry),
      credHelpers: fc.dictionary(hostName, fc.constantFrom('', 'ecr-login')),
      credsStore: fc.constantFrom('', 'desktop'),
      HttpHeaders: json,
      detachKeys: json
    },
    { requiredKeys: [] }
  )
  .map((document) => document as JsonObject)

test('setting an entry and taking it away again leaves the same meaning, however it is written', () => {
  fc.assert(
    fc.property(documents, fc.constantFrom(undefined, 1, 2, 4, '\t'), (document, indent) => {
      const text = JSON.stringify(document, undefined, indent)
      const edited = withEntry(text)
      expect(parseAuthDocument(edited)).toEqual({
        ...(JSON.parse(text) as JsonObject),
        auths: { ...(document.auths as object | undefined), [HOST]: AUTH }
      })
      const emptied = document.auths === undefined ? (['auths'] as const) : []
      const setting = { section: 'auths', host: HOST, value: undefined } as const
      expect(parseAuthDocument(editAuthText(edited, [setting], emptied))).toEqual(JSON.parse(text))
    })
  )
})

test('a digest does not depend on the order of keys, but on every value', () => {
  expect(digestOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(digestOf({ b: [{ d: 3, c: 2 }], a: 1 }))
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: '1' }))
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]))
})
