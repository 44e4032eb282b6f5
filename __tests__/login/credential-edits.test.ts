import fc from 'fast-check'
import { parseCredentialDocument, textDigest } from '../../src/login/credential-document.js'
import type { Section } from '../../src/login/credential-document.js'
import {
  addCredential,
  removeCredential,
  withoutExpired
} from '../../src/login/credential-edits.js'
import type { Reader, Undo } from '../../src/login/credential-edits.js'
import { editCredentialText } from '../../src/login/edit-credential-text.js'
import type { Json } from '../../src/runner/json.js'

const HOSTS = ['public.ecr.aws', 'ecr-public.aws.com']
const [HOST = ''] = HOSTS
const AUTH = Buffer.from('AWS:secret').toString('base64')

async function add(before: string, readers: readonly Reader[] = ['docker']) {
  const edit = await addCredential(before, readers, HOSTS, AUTH)
  const { hosts, setAside } = edit
  const undo: Undo = { before, afterDigest: textDigest(edit.text), hosts, setAside }
  return { ...edit, undo }
}

/** A change by another program. */
function change(
  text: string,
  section: Section,
  host: string,
  value: Json | undefined
): Promise<string> {
  return editCredentialText(text, [{ section, host, value }])
}

describe('addCredential', () => {
  test('writes the credential for all host names and keeps all other entries', async () => {
    const { text } = await add(
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

  test("bypasses Docker's credential store for this host only, with an empty helper", async () => {
    const { text, hasConflict } = await add(
      '{"credsStore": "wincred", "credHelpers": {"gcr.io": "gcloud", "public.ecr.aws": "ecr-login"}}'
    )
    expect(JSON.parse(text)).toMatchObject({
      credsStore: 'wincred',
      credHelpers: { 'gcr.io': 'gcloud', 'public.ecr.aws': '', 'ecr-public.aws.com': '' }
    })
    expect(hasConflict).toBe(false)
  })

  test("without a store, deletes a helper of the host, because podman reads Docker's file too", async () => {
    const { text } = await add(
      '{"credHelpers": {"public.ecr.aws": "ecr-login", "gcr.io": "gcloud"}}'
    )
    expect(JSON.parse(text)).toMatchObject({ credHelpers: { 'gcr.io': 'gcloud' } })
  })

  test('does not write a helper into a file of podman, which ignores the store', async () => {
    const { text } = await add('{"credsStore": "x", "credHelpers": {"public.ecr.aws": "y"}}', [
      'containers'
    ])
    expect(JSON.parse(text)).toMatchObject({ credsStore: 'x', credHelpers: {} })
  })

  test('returns the store of a file of helm, and does not write an empty helper', async () => {
    const before = { credsStore: 'pass', credHelpers: { 'public.ecr.aws': 'ecr-login' } }
    const { store, text } = await add(JSON.stringify(before), ['helm'])
    expect(store).toBe('pass')
    const entry = { auth: AUTH }
    expect(JSON.parse(text)).toEqual({
      credsStore: 'pass',
      credHelpers: {},
      auths: { 'public.ecr.aws': entry, 'ecr-public.aws.com': entry }
    })
  })

  test('keeps an entry with a path in a file of helm, which prefers the entry of the host', async () => {
    const auths = { 'public.ecr.aws/alias': { auth: 'b2xkOm9sZA==' } }
    const { setAside, text } = await add(JSON.stringify({ auths }), ['helm'])
    expect(setAside).toEqual([])
    expect(JSON.parse(text)).toMatchObject({ auths })
  })

  test('reports a conflict if Docker and podman share a file with a store', async () => {
    expect((await add('{"credsStore": "x"}', ['docker', 'containers'])).hasConflict).toBe(true)
    expect((await add('{}', ['docker', 'containers'])).hasConflict).toBe(false)
  })

  test('returns the written hosts without secrets', async () => {
    expect(JSON.stringify((await add('{}')).hosts)).not.toContain(AUTH)
  })
})

describe('removeCredential', () => {
  const before =
    '{\n "credsStore":"x",\n  "auths": {"public.ecr.aws": {"auth": "b2xk"},\n"a.example":{}}}\n\n'

  test('returns the identical text from before if the file was not changed', async () => {
    const { text, undo } = await add(before)
    expect(await removeCredential(text, undo)).toBe(before)
  })

  test('returns null if the file did not exist before', async () => {
    const { text, undo } = await add('')
    expect(await removeCredential(text, { ...undo, before: null })).toBeNull()
    const touched = await change(text, 'auths', 'a.example', undefined)
    expect(await removeCredential(`${touched}\n`, { ...undo, before: null })).toBeNull()
  })

  test('restores its own entries and keeps entries of other programs', async () => {
    const { text, undo } = await add(before)
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

  test('keeps an entry that another program changed, and the empty helper that Docker requires for it', async () => {
    const { text, undo } = await add(before)
    const later = await change(text, 'auths', HOST, { auth: 'b3RoZXI=' })
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.auths[HOST]).toEqual({ auth: 'b3RoZXI=' })
    expect(document.credHelpers).toEqual({ [HOST]: '' })
    expect(document.auths).not.toHaveProperty('ecr-public.aws.com')
  })

  test('does not restore an entry that another program deleted', async () => {
    const { text, undo } = await add(before)
    const later = await change(text, 'auths', HOST, undefined)
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.auths).toEqual({ 'a.example': {} })
    expect(document).not.toHaveProperty('credHelpers')
  })

  test('keeps a helper that another program set', async () => {
    const { text, undo } = await add(before)
    const later = await change(text, 'credHelpers', HOST, 'other-helper')
    const document = JSON.parse((await removeCredential(later, undo))!)
    expect(document.credHelpers).toEqual({ [HOST]: 'other-helper' })
    expect(document.auths[HOST]).toEqual({ auth: 'b2xk' })
  })

  test('recognizes its entry after another program reformatted the whole file', async () => {
    const { text, undo } = await add('{"auths": {}}')
    const rewritten = JSON.stringify(parseCredentialDocument(text), undefined, 8)
    expect(JSON.parse((await removeCredential(rewritten, undo))!)).toEqual({ auths: {} })
  })

  test('does not return null for a file that existed before, although it is empty', async () => {
    for (const empty of ['{}', ' \n']) {
      const { text, undo } = await add(empty)
      expect(await removeCredential(text, undo)).toBe(empty)
      expect(await removeCredential(`${text}\n`, undo)).toMatch(/^\{\s*\}\s*$/)
    }
  })

  test('keeps only the host that another login uses', async () => {
    const { text, undo } = await add(before)
    const [used] = undo.hosts
    const { auths } = JSON.parse((await removeCredential(text, undo, [used!]))!)
    expect(Object.keys(auths as object)).toEqual(['public.ecr.aws', 'a.example'])
    expect(auths[HOST]).toEqual({ auth: AUTH })
  })

  test('returns the identical text if the entry of the other login was replaced by this one', async () => {
    const { text, undo } = await add(before)
    const replaced = undo.hosts.map((host) => ({ ...host, authDigest: 'other' }))
    expect(await removeCredential(text, undo, replaced)).toBe(before)
  })

  test('returns the identical text if it also contains the entry of the other login', async () => {
    const { text, undo } = await add(before)
    const again = await add(text)
    expect(await removeCredential(again.text, again.undo, undo.hosts)).toBe(text)
  })

  test('keeps entries that another login uses', async () => {
    const { text, undo } = await add(before)
    expect(await removeCredential(text, undo, undo.hosts)).toBe(text)
  })
})

test('keeps all concurrent changes of other hosts and removes all entries of login', async () => {
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
        const { text, undo } = await add(before)
        const apply = async (from: string): Promise<string> => {
          let now = from
          for (const [name, entry] of changes) now = await change(now, 'auths', name, entry)
          return now
        }
        const after = parseCredentialDocument((await removeCredential(await apply(text), undo))!)
        const expected = parseCredentialDocument(await apply(before))
        // A section that only login or the other programs required can be empty or missing.
        const empty = { auths: {}, credHelpers: {} }
        expect({ ...empty, ...after }).toEqual({ ...empty, ...expected })
      }
    )
  )
})

describe('keys in any case', () => {
  test.each(['credsStore', 'credsstore', 'CREDSSTORE'])('finds the store in %s', async (key) => {
    const before = JSON.stringify({ Auths: { 'docker.io': { auth: 'eA==' } }, [key]: 'desktop' })
    const { text, store, undo } = await add(before)
    expect(store).toBe('desktop')
    expect(JSON.parse(text)).toEqual({
      Auths: {
        'docker.io': { auth: 'eA==' },
        ...Object.fromEntries(HOSTS.map((host) => [host, { auth: AUTH }]))
      },
      [key]: 'desktop',
      credHelpers: Object.fromEntries(HOSTS.map((host) => [host, '']))
    })
    expect(await removeCredential(text, undo)).toBe(before)
    expect(JSON.parse((await removeCredential(`${text}\n`, undo))!)).toEqual(JSON.parse(before))
  })

  test('refuses a member that exists twice in different case', async () => {
    await expect(add('{"auths": {}, "Auths": {}}')).rejects.toThrow('exists twice')
  })
})

describe('entries of a host with a path', () => {
  const before = JSON.stringify({
    auths: { [`${HOST}/alias`]: { auth: 'b2xkOng=' }, [`${HOST}.example/x`]: { auth: 'eA==' } }
  })

  test('are removed, and restored with the text', async () => {
    const { text, setAside, undo } = await add(before)
    expect(setAside).toEqual([`${HOST}/alias`])
    const { auths } = JSON.parse(text)
    expect(Object.keys(auths as object)).toEqual([`${HOST}.example/x`, ...HOSTS])
    expect(await removeCredential(text, undo)).toBe(before)
    expect(JSON.parse((await removeCredential(`${text}\n`, undo))!)).toEqual(JSON.parse(before))
  })

  test.each(['https://HOST', 'http://HOST', 'https://HOST/', 'https://HOST/v1/'])(
    'include the form with a scheme: %s',
    async (form) => {
      const key = form.replace('HOST', HOST)
      const old = JSON.stringify({ auths: { [key]: { auth: 'b2xkOng=' } } })
      const { setAside, undo, text } = await add(old)
      expect(setAside).toEqual([key])
      expect(Object.keys(JSON.parse(text).auths as object)).toEqual(HOSTS)
      expect(await removeCredential(text, undo)).toBe(old)
    }
  )

  test('are not restored while another login uses the host, or if they exist again', async () => {
    const { text, undo } = await add(before)
    expect(await removeCredential(text, undo, undo.hosts)).toBe(text)
    const later = await change(text, 'auths', `${HOST}/alias`, { auth: 'bmV3' })
    const { auths } = JSON.parse((await removeCredential(later, undo))!)
    expect(auths[`${HOST}/alias`]).toEqual({ auth: 'bmV3' })
  })
})

describe('withoutExpired', () => {
  const now = new Date('2026-11-30T12:00:00Z')
  const passwordOf = (expiration: unknown): string =>
    Buffer.from(JSON.stringify({ payload: 'x', expiration })).toString('base64')
  const tokenOf = (expiration: unknown): { auth: string } => ({
    auth: Buffer.from(`AWS:${passwordOf(expiration)}`).toString('base64')
  })
  const seconds = now.getTime() / 1000

  test('returns the same data if no entry has expired', async () => {
    const { undo } = await add(JSON.stringify({ auths: { [HOST]: tokenOf(seconds + 1) } }))
    expect(await withoutExpired(undo, now)).toBe(undo)
    const created = { ...undo, before: null }
    expect(await withoutExpired(created, now)).toBe(created)
  })

  test('keeps the helper of a host whose entry has expired', async () => {
    const auths = { [HOST]: tokenOf(1) }
    const { text, undo } = await add(JSON.stringify({ auths, credHelpers: { [HOST]: 'desktop' } }))
    const restored = (await removeCredential(text, await withoutExpired(undo, now)))!
    expect(JSON.parse(restored)).toEqual({ auths: {}, credHelpers: { [HOST]: 'desktop' } })
  })

  test.each<[string, Json, boolean]>([
    ['a token that expires now', tokenOf(seconds), false],
    ['a token that expires in a second', tokenOf(seconds + 1), true],
    ['a token without an expiration time', tokenOf(undefined), true],
    ['a token with a text as the time', tokenOf('1'), true],
    ['an expired password of its own', { username: 'AWS', password: passwordOf(1) }, false],
    ['a valid password of its own', { username: 'AWS', password: passwordOf(seconds + 1) }, true],
    ['another password', { auth: 'b2xkOng=' }, true],
    ['an entry without a password', {}, true]
  ])('with %s: the entry is kept: %j %j', async (_name, entry, isKept) => {
    const before = JSON.stringify({
      auths: { [HOST]: entry, [`${HOST}/alias`]: entry, 'docker.io': tokenOf(1) },
      credHelpers: { [HOST]: '' },
      credsStore: 'desktop'
    })
    const { text, undo } = await add(before)
    const restored = JSON.parse((await removeCredential(text, await withoutExpired(undo, now)))!)
    if (isKept) expect(restored).toEqual(JSON.parse(before))
    else {
      expect(restored).toEqual({
        auths: { 'docker.io': tokenOf(1) },
        credHelpers: {},
        credsStore: 'desktop'
      })
    }
  })
})
