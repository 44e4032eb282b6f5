import fc from 'fast-check'
import { parseCredentialDocument } from '../../src/login/credential-document.js'
import type { Json, JsonObject } from '../../src/runner/json.js'
import { editCredentialText } from '../../src/login/edit-credential-text.js'
import { setJsonMember } from '../../src/login/json-syntax.js'

const HOST = 'public.ecr.aws'
const AUTH = { auth: 'QVdTOnNlY3JldA==' }

function withEntry(text: string): Promise<string> {
  return editCredentialText(text, [{ section: 'auths', host: HOST, value: AUTH }])
}

describe('editCredentialText', () => {
  test('indents a new file with tabs, as docker and podman do', async () => {
    expect(await withEntry('')).toBe(
      `{\n\t"auths": {\n\t\t"${HOST}": {\n\t\t\t"auth": "${AUTH.auth}"\n\t\t}\n\t}\n}`
    )
  })

  test.each([
    ['spaces', '  ', '\n'],
    ['four spaces', '    ', '\n'],
    ['tabs', '\t', '\n'],
    ['Windows line endings', '  ', '\r\n']
  ])('keeps %s', async (_name, indent, eol) => {
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

  test('keeps key order, large numbers and unusual spacing of the rest', async () => {
    const rest = '"z": 12345678901234567890,   "10": 1e400, "2": [1 ,2]'
    const edited = await withEntry(`{\n  ${rest},\n  "auths": {}\n}`)
    expect(edited).toContain(rest)
  })

  test('replaces a section that is null with an object', async () => {
    expect(await withEntry('{"auths": null}')).toBe(
      `{"auths": {"${HOST}": {"auth":"${AUTH.auth}"}}}`
    )
    expect(await withEntry('{"auths":null}')).toBe(`{"auths":{"${HOST}":{"auth":"${AUTH.auth}"}}}`)
  })

  test('rejects a duplicate key, because programs read it differently', async () => {
    const text = '{"auths": {"a": {}}, "auths": {"b": {}}}'
    await expect(withEntry(text)).rejects.toThrow('The file has a duplicate key')
  })

  test('does not change the text when it deletes a missing entry', async () => {
    const text = '{ "auths":{ } }'
    expect(
      await editCredentialText(text, [{ section: 'auths', host: HOST, value: undefined }])
    ).toBe(text)
  })

  test('deletes sections that become empty and keeps the others', async () => {
    const text = '{"auths": {"public.ecr.aws": {}}, "credHelpers": {"x": "y"}}'
    const setting = { section: 'auths', host: HOST, value: undefined } as const
    expect(await editCredentialText(text, [setting], ['auths', 'credHelpers'])).toBe(
      '{"credHelpers": {"x": "y"}}'
    )
  })
})

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const hostName = fc.constantFrom('a.example', 'localhost:5000', 'https://index.docker.io/v1/', '10')
const entry = fc.record({ auth: fc.base64String() }, { requiredKeys: [] })

/** Credential files with any combination of members, including members that this action does not use. */
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

test('setting and deleting an entry keeps the JSON value with any indentation', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.constantFrom(undefined, 1, 2, 4, '\t'),
      async (document, indent) => {
        const text = JSON.stringify(document, undefined, indent)
        const edited = await withEntry(text)
        expect(parseCredentialDocument(edited)).toEqual({
          ...(JSON.parse(text) as JsonObject),
          auths: { ...(document.auths as object | undefined), [HOST]: AUTH }
        })
        const emptied = document.auths === undefined ? (['auths'] as const) : []
        const setting = { section: 'auths', host: HOST, value: undefined } as const
        expect(
          parseCredentialDocument(await editCredentialText(edited, [setting], emptied))
        ).toEqual(JSON.parse(text))
      }
    )
  )
})

test('both implementations return the same bytes for a text that JSON.stringify wrote', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.constantFrom(1, 2, 4, '\t'),
      fc.constantFrom('', '\n', ' \n\n'),
      async (document, indent, end) => {
        const text = JSON.stringify({ ...document, auths: document.auths ?? {} }, undefined, indent)
        const edited = setJsonMember(text, ['auths', HOST], AUTH)
        expect(await withEntry(`${end}${text}${end}`)).toBe(`${end}${edited}${end}`)
      }
    )
  )
})
