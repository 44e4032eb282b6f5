import fc from 'fast-check'
import { parseAuthDocument, textDigest } from '../../src/login/auth-document.js'
import type { Json, Section } from '../../src/login/auth-document.js'
import { addCredential, removeCredential } from '../../src/login/credential-settings.js'
import type { Reader, Undo } from '../../src/login/credential-settings.js'
import { editAuthText } from '../../src/login/edit-auth-text.js'

const HOSTS = ['public.ecr.aws', 'ecr-public.aws.com']
const [HOST = ''] = HOSTS
const AUTH = Buffer.from('AWS:secret').toString('base64')

async function logIn(before: string, readers: readonly Reader[] = ['docker']) {
  const edit = await addCredential(before, readers, HOSTS, AUTH)
  const undo: Undo = { before, afterDigest: textDigest(edit.text), hosts: edit.hosts }
  return { ...edit, undo }
}

/** Somebody else's change. */
function change(
  text: string,
  section: Section,
  host: string,
  value: Json | undefined
): Promise<string> {
  return editAuthText(text, [{ section, host, value }])
}

describe('adding a credential', () => {
  test('writes it for every name of the host and leaves all else', async () => {
    const { text } = await logIn(
      '{"auths": {"docker.io": {"auth": "eA=="}}, "proxies": {"default": {}}}'
    )
    expect(JSON.parse(text)).toEqual({
      auths: {
        'docker.io': { auth: 'eA==' },
        'public.ecr.aws': { auth: AUTH },
        'ecr-public.aws.com': { auth: AUTH }
      },
      proxies: { default: {} }
    })
  })

  test("bypasses Docker's credential store for this host alone, by an empty helper", async () => {
    const { text, hasConflict } = await logIn(
      '{"credsStore": "wincred", "credHelpers": {"gcr.io": "gcloud", "public.ecr.aws": "ecr-login"}}'
    )
    expect(JSON.parse(text)).toMatchObject({
      credsStore: 'wincred',
      credHelpers: { 'gcr.io': 'gcloud', 'public.ecr.aws': '', 'ecr-public.aws.com': '' }
    })
    expect(hasConflict).toBe(false)
  })

  test("takes a helper of the host away where there is no store, since podman reads Docker's file too", async () => {
    const { text } = await logIn(
      '{"credHelpers": {"public.ecr.aws": "ecr-login", "gcr.io": "gcloud"}}'
    )
    expect(JSON.parse(text)).toMatchObject({ credHelpers: { 'gcr.io': 'gcloud' } })
  })

  test('writes no helper into a file of podman, which knows no store', async () => {
    const { text } = await logIn('{"credsStore": "x", "credHelpers": {"public.ecr.aws": "y"}}', [
      'containers'
    ])
    expect(JSON.parse(text)).toMatchObject({ credsStore: 'x', credHelpers: {} })
  })

  test('tells where one file has to serve both and names a store', async () => {
    expect((await logIn('{"credsStore": "x"}', ['docker', 'containers'])).hasConflict).toBe(true)
    expect((await logIn('{}', ['docker', 'containers'])).hasConflict).toBe(false)
  })

  test('keeps no secret in what it remembers', async () => {
    expect(JSON.stringify((await logIn('{}')).hosts)).not.toContain(AUTH)
  })
})

describe('removing a credential', () => {
  const before =
    '{\n "credsStore":"x",\n  "auths": {"public.ecr.aws": {"auth": "b2xk"},\n"a.example":{}}}\n\n'

  test('gives the very text from before, where nobody has changed the file', async () => {
    const { text, undo } = await logIn(before)
    expect(await removeCredential(text, undo)).toBe(before)
  })

  test('gives no file where there was none', async () => {
    const { text, undo } = await logIn('')
    expect(await removeCredential(text, { ...undo, before: null })).toBeNull()
    const touched = await change(text, 'auths', 'a.example', undefined)
    expect(await removeCredential(`${touched}\n`, { ...undo, before: null })).toBeNull()
  })

  test("puts its own entries back and keeps everybody else's", async () => {
    const { text, undo } = await logIn(before)
    const later = await change(text, 'auths', 'b.example', { auth: 'bmV3' })
    expect(JSON.parse((await removeCredential(later, undo))!)).toEqual({
      credsStore: 'x',
      auths: {
        'public.ecr.aws': { auth: 'b2xk' },
        'a.example': {},
        'b.example': { auth: 'bmV3' }
      }
    })
  })

  test('leaves an entry that somebody else has changed, and the way Docker reaches it', async () => {
    const { text, undo } = await logIn(before)
    const later = await change(text, 'auths', HOST, { auth: 'b3RoZXI=' })
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.auths[HOST]).toEqual({ auth: 'b3RoZXI=' })
    expect(document.credHelpers).toEqual({ [HOST]: '' })
    expect(document.auths).not.toHaveProperty('ecr-public.aws.com')
  })

  test('does not bring back an entry that somebody else has logged out of', async () => {
    const { text, undo } = await logIn(before)
    const later = await change(text, 'auths', HOST, undefined)
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.auths).toEqual({ 'a.example': {} })
    expect(document).not.toHaveProperty('credHelpers')
  })

  test('leaves a helper that somebody else has set', async () => {
    const { text, undo } = await logIn(before)
    const later = await change(text, 'credHelpers', HOST, 'theirs')
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.credHelpers).toEqual({ [HOST]: 'theirs' })
    expect(document.auths[HOST]).toEqual({ auth: 'b2xk' })
  })

  test('knows its entry again after another tool has rewritten the whole file', async () => {
    const { text, undo } = await logIn('{"auths": {}}')
    const rewritten = JSON.stringify(parseAuthDocument(text), undefined, 8)
    expect(JSON.parse((await removeCredential(rewritten, undo))!)).toEqual({ auths: {} })
  })

  test('leaves what another login counts on', async () => {
    const { text, undo } = await logIn(before)
    expect(await removeCredential(text, undo, undo.hosts)).toBe(text)
  })
})

test('whatever others do to other hosts meanwhile is still there after logout, and nothing of login is', async () => {
  const host = fc.constantFrom('a.example', 'b.example:5000', 'https://index.docker.io/v1/')
  const value = fc.option(fc.record({ auth: fc.base64String() }), { nil: undefined })
  const start = fc.record(
    {
      auths: fc.dictionary(
        fc.constantFrom('a.example', ...HOSTS),
        fc.record({ auth: fc.base64String() })
      ),
      credHelpers: fc.dictionary(fc.constantFrom('a.example', ...HOSTS), fc.constantFrom('', 'h')),
      credsStore: fc.constantFrom('', 'desktop')
    },
    { requiredKeys: [] }
  )
  const indent = fc.constantFrom(undefined, 2, '\t')
  await fc.assert(
    fc.asyncProperty(
      start,
      indent,
      fc.array(fc.tuple(host, value)),
      async (document, spaces, changes) => {
        const before = JSON.stringify(document, undefined, spaces)
        const { text, undo } = await logIn(before)
        const apply = async (from: string): Promise<string> => {
          let now = from
          for (const [name, entry] of changes) now = await change(now, 'auths', name, entry)
          return now
        }
        const after = parseAuthDocument((await removeCredential(await apply(text), undo))!)
        const expected = parseAuthDocument(await apply(before))
        // A section that only login or the others needed may be empty or absent.
        const plain = { auths: {}, credHelpers: {} }
        expect({ ...plain, ...after }).toEqual({ ...plain, ...expected })
      }
    )
  )
})
