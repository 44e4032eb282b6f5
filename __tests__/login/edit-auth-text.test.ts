import fc from 'fast-check'
import { parseAuthDocument } from '../../src/login/auth-document.js'
import type { Json, JsonObject } from '../../src/login/auth-document.js'
import { editAuthText } from '../../src/login/edit-auth-text.js'
import { setMember } from '../../src/login/json-text.js'

const HOST = 'public.ecr.aws'
const AUTH = { auth: 'QVdTOnNlY3JldA==' }

function withEntry(text: string): Promise<string> {
  return editAuthText(text, [{ section: 'auths', host: HOST, value: AUTH }])
}

describe('editing', () => {
  test('a new file is indented by tabs, as docker and podman write it', async () => {
    expect(await withEntry('')).toBe(
      `{\n\t"auths": {\n\t\t"${HOST}": {\n\t\t\t"auth": "${AUTH.auth}"\n\t\t}\n\t}\n}`
    )
  })

  test.each([
    ['spaces', '  ', '\n'],
    ['four spaces', '    ', '\n'],
    ['tabs', '\t', '\n'],
    ['Windows lines', '  ', '\r\n']
  ])('%s stay', async (_name, indent, eol) => {
    const text = ['{', `${indent}"auths": {},`, `${indent}"psFormat": "{{.ID}}"`, '}', ''].join(eol)
    const edited = await withEntry(text)
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

  test('key order, numbers beyond a double and odd spacing of the rest stay as they are written', async () => {
    const rest = '"z": 12345678901234567890,   "10": 1e400, "2": [1 ,2]'
    const edited = await withEntry(`{\n  ${rest},\n  "auths": {}\n}`)
    expect(edited).toContain(rest)
  })

  test('a section that is null becomes an object', async () => {
    expect(await withEntry('{"auths": null}')).toBe(
      `{"auths": {"${HOST}": {"auth":"${AUTH.auth}"}}}`
    )
    expect(await withEntry('{"auths":null}')).toBe(`{"auths":{"${HOST}":{"auth":"${AUTH.auth}"}}}`)
  })

  test('a key that stands there twice is refused, since tools read it differently', async () => {
    const text = '{"auths": {"a": {}}, "auths": {"b": {}}}'
    await expect(withEntry(text)).rejects.toThrow('it holds a key twice')
  })

  test('taking away what is not there changes nothing', async () => {
    const text = '{ "auths":{ } }'
    expect(await editAuthText(text, [{ section: 'auths', host: HOST, value: undefined }])).toBe(
      text
    )
  })

  test('emptied sections go, others stay', async () => {
    const text = '{"auths": {"public.ecr.aws": {}}, "credHelpers": {"x": "y"}}'
    const setting = { section: 'auths', host: HOST, value: undefined } as const
    expect(await editAuthText(text, [setting], ['auths', 'credHelpers'])).toBe(
      '{"credHelpers": {"x": "y"}}'
    )
  })
})

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const hostName = fc.constantFrom('a.example', 'localhost:5000', 'https://index.docker.io/v1/', '10')
const entry = fc.record({ auth: fc.base64String() }, { requiredKeys: [] })

/** Credential files of all kinds, with more in them than this action knows. */
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

test('setting an entry and taking it away again leaves the same meaning, however it is written', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.constantFrom(undefined, 1, 2, 4, '\t'),
      async (document, indent) => {
        const text = JSON.stringify(document, undefined, indent)
        const edited = await withEntry(text)
        expect(parseAuthDocument(edited)).toEqual({
          ...(JSON.parse(text) as JsonObject),
          auths: { ...(document.auths as object | undefined), [HOST]: AUTH }
        })
        const emptied = document.auths === undefined ? (['auths'] as const) : []
        const setting = { section: 'auths', host: HOST, value: undefined } as const
        expect(parseAuthDocument(await editAuthText(edited, [setting], emptied))).toEqual(
          JSON.parse(text)
        )
      }
    )
  )
})

test('a text that JSON.stringify wrote is edited to the same bytes as one that only an editor can edit', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.constantFrom(1, 2, 4, '\t'),
      fc.constantFrom('', '\n', ' \n\n'),
      async (document, indent, end) => {
        const text = JSON.stringify({ ...document, auths: document.auths ?? {} }, undefined, indent)
        const edited = setMember(text, ['auths', HOST], AUTH)
        expect(await withEntry(`${end}${text}${end}`)).toBe(`${end}${edited}${end}`)
      }
    )
  )
})
