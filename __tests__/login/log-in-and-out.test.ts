import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { CredentialTarget } from '../../src/login/credential-targets.js'
import { logIn } from '../../src/login/log-in.js'
import type { Credential } from '../../src/login/log-in.js'
import { forgetLogin, logOut } from '../../src/login/log-out.js'
import { findRecord, listLogins, nameLogin, parseLogins } from '../../src/login/login-records.js'
import type { LoginReference } from '../../src/login/login-records.js'
import { temporaryDirectory } from './temporary-directory.js'

const HOST = 'public.ecr.aws'
const deps = { sleep: () => setImmediate(), random: () => 0.5 }

interface Setup {
  readonly file: string
  readonly target: CredentialTarget
  /** The job that a name stands for logs in, each with a token of its own. */
  readonly login: (job: string, more?: Partial<Credential>) => Promise<LoginReference>
}

async function setUp(
  before?: string,
  readers: CredentialTarget['readers'] = ['docker']
): Promise<Setup> {
  const home = await temporaryDirectory()
  const file = join(home, '.docker', 'config.json')
  if (before !== undefined) {
    await mkdir(join(home, '.docker'))
    await writeFile(file, before)
  }
  const target = { path: file, file, readers }
  return {
    file,
    target,
    login: async (job, more = {}) => {
      const reference = nameLogin(file, { RUNNER_TEMP: join(home, `temp of ${job}`) })
      await logIn(reference, target, credentialOf(job, more), deps)
      return reference
    }
  }
}

function credentialOf(job: string, more: Partial<Credential> = {}): Credential {
  const auth = Buffer.from(`AWS:token of ${job}`).toString('base64')
  return { hosts: [HOST], auth, expiresAt: new Date('2026-01-01T12:00:00Z'), ...more }
}

async function tokenIn(file: string, host = HOST): Promise<string | undefined> {
  const { auths } = JSON.parse(await readFile(file, 'utf8'))
  const auth = auths?.[host]?.auth as string | undefined
  return auth === undefined ? undefined : Buffer.from(auth, 'base64').toString().replace('AWS:', '')
}

const WITH_STORE = '{"credsStore": "desktop", "credHelpers": {"public.ecr.aws": "ecr-login"}}'
const BEFORE =
  '{\n    "psFormat" : "table",\n  "auths":{"public.ecr.aws":{"auth":"QVdTOmZpcnN0"}}}\n\n'

describe('one login', () => {
  test('is in a file of mode 0600, and its logout gives bytes and mode from before', async () => {
    const { file, login } = await setUp(BEFORE)
    await chmod(file, 0o640)
    const reference = await login('a')
    expect(await tokenIn(file)).toBe('token of a')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await logOut(reference, deps)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
    expect((await stat(file)).mode & 0o777).toBe(0o640)
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })

  test('makes directory and file where there are none, and its logout removes both', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    expect(await tokenIn(file)).toBe('token of a')
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
    expect(await logOut(reference, deps)).toBe('restored')
    expect(await readdir(join(file, '..', '..'))).toEqual(['temp of a'])
    expect(await readdir(join(file, '..', '..', 'temp of a'))).toEqual([])
  })

  test('writes through a symbolic link, which stays one', async () => {
    const { file, login } = await setUp(BEFORE)
    const link = join(file, '..', 'link.json')
    await symlink('config.json', link)
    await login('a')
    expect(await tokenIn(link)).toBe('token of a')
    expect((await readdir(join(file, '..'))).filter((name) => name.endsWith('json'))).toHaveLength(
      2
    )
  })

  test("is told as new, or as replacing another's entry", async () => {
    const { target } = await setUp('{}')
    const first = nameLogin(target.file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await logIn(first, target, credentialOf('a'), deps)).action).toBe('create')
    const second = nameLogin(target.file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await logIn(second, target, credentialOf('b'), deps)).action).toBe('update')
  })

  test('leaves an entry that somebody else has changed since, and says so', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    const theirs = '{"auths":{"public.ecr.aws":{"auth":"QVdTOnRoZWlycw=="}}}'
    await writeFile(file, theirs)
    expect(await logOut(reference, deps)).toBe('left')
    expect(await readFile(file, 'utf8')).toBe(theirs)
    expect(await logOut(reference, deps)).toBe('gone')
  })

  test('whose file is gone has nothing to take back', async () => {
    const { file, login } = await setUp('{}')
    const reference = await login('a')
    await rm(file)
    expect(await logOut(reference, deps)).toBe('gone')
    expect(await readdir(join(file, '..'))).toEqual([])
  })

  test('keeps its record, which holds what was there before, from everybody else', async () => {
    const { login } = await setUp(BEFORE)
    const reference = await login('a')
    expect((await stat(reference.record)).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(reference)).not.toContain('QVdT')
    expect(JSON.stringify(await findRecord(reference))).not.toContain('token of a')
  })

  test('that is forgotten stays for good, and nothing else does', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    await forgetLogin(reference, deps)
    expect(await logOut(reference, deps)).toBe('gone')
    expect(await tokenIn(file)).toBe('token of a')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })
})

describe('a login that fails leaves everything as it was', () => {
  test('where the file is malformed', async () => {
    const { file, login } = await setUp('{"auths": [')
    await expect(login('a')).rejects.toThrow(/malformed.* in line 1, column \d+/)
    expect(await readFile(file, 'utf8')).toBe('{"auths": [')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
    expect(await readdir(join(file, '..', '..', 'temp of a')).catch(() => [])).toEqual([])
  })

  test('where the file holds a key twice, which only the edit finds', async () => {
    const twice = '{"auths": {}, "auths": {}}'
    const { file, login } = await setUp(twice)
    await expect(login('a')).rejects.toThrow('it holds a key twice')
    expect(await readFile(file, 'utf8')).toBe(twice)
  })

  test('where its record cannot be written, also a directory made for it', async () => {
    const { file, target } = await setUp()
    const temp = join(await temporaryDirectory(), 'file')
    await writeFile(temp, '')
    const reference = nameLogin(file, { RUNNER_TEMP: temp })
    await expect(logIn(reference, target, credentialOf('a'), deps)).rejects.toThrow()
    expect(await readdir(join(file, '..', '..'))).toEqual([])
  })
})

describe('jobs that share an credential file', () => {
  const orders: [string, string[]][] = [
    ['the first ends first', ['a', 'b', 'c']],
    ['the last ends first', ['c', 'b', 'a']],
    ['the middle one ends first', ['b', 'a', 'c']],
    ['the middle one ends last', ['a', 'c', 'b']]
  ]
  test.each(orders)('%s: in the end the file is as before all of them', async (_name, order) => {
    for (const before of [BEFORE, WITH_STORE, '{}', undefined]) {
      const { file, login } = await setUp(before)
      const references = new Map<string, LoginReference>()
      for (const job of ['a', 'b', 'c']) references.set(job, await login(job))
      const running = ['a', 'b', 'c']
      for (const job of order) {
        // Whoever still runs finds the latest credential that was given out, or its own.
        expect(running.map((each) => `token of ${each}`)).toContain(await tokenIn(file))
        await logOut(references.get(job)!, deps)
        running.splice(running.indexOf(job), 1)
      }
      const after = await readFile(file, 'utf8').catch(() => undefined)
      expect(after).toBe(before)
      const rest = await readdir(join(file, '..')).catch(() => [])
      expect(rest).toEqual(before === undefined ? [] : ['config.json'])
    }
  })

  test.each(orders)('%s: also where another tool writes meanwhile', async (_name, order) => {
    for (const before of [BEFORE, WITH_STORE, '{"credsStore": "desktop"}']) {
      const { file, login } = await setUp(before)
      const references = new Map<string, LoginReference>()
      for (const job of ['a', 'b', 'c']) {
        references.set(job, await login(job))
        const document = JSON.parse(await readFile(file, 'utf8'))
        document.auths[`${job}.example`] = {}
        await writeFile(file, JSON.stringify(document))
      }
      for (const job of order) await logOut(references.get(job)!, deps)
      const { auths, ...rest } = JSON.parse(before)
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
        ...rest,
        auths: { ...auths, 'a.example': {}, 'b.example': {}, 'c.example': {} }
      })
    }
  })

  test('logins to different registries do not disturb each other', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const b = await login('b', { hosts: ['127.0.0.1:5111'] })
    const c = await login('c')
    await logOut(a, deps)
    expect(await tokenIn(file)).toBe('token of c')
    expect(await tokenIn(file, '127.0.0.1:5111')).toBe('token of b')
    await logOut(c, deps)
    expect(await tokenIn(file)).toBe('first')
    await logOut(b, deps)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(BEFORE))
  })

  test('what another tool writes meanwhile survives them', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const document = JSON.parse(await readFile(file, 'utf8'))
    document.auths['ghcr.io'] = { auth: 'Z2g6eA==' }
    await writeFile(file, JSON.stringify(document, undefined, '\t'))
    const b = await login('b')
    await logOut(a, deps)
    await logOut(b, deps)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...JSON.parse(BEFORE),
      auths: { 'public.ecr.aws': { auth: 'QVdTOmZpcnN0' }, 'ghcr.io': { auth: 'Z2g6eA==' } }
    })
  })

  test('a job that was killed is forgotten once the runner has cleared its directory', async () => {
    const { file, login } = await setUp('{}')
    const killed = await login('killed')
    await rm(killed.record)
    const b = await login('b')
    expect(await listLogins(file)).toEqual([b])
    await logOut(b, deps)
    expect(await tokenIn(file)).toBe('token of killed')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })
})

describe('an equally good credential', () => {
  const same = { identity: 'one AWS access key' }

  test('is kept, and taken away only after the last job that counts on it', async () => {
    const { file, target, login } = await setUp(BEFORE)
    const a = await login('a', same)
    const b = nameLogin(file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await logIn(b, target, credentialOf('b', same), deps)).action).toBe('keep')
    expect(await tokenIn(file)).toBe('token of a')
    await logOut(a, deps)
    expect(await tokenIn(file)).toBe('token of a')
    await logOut(b, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('is kept, and taken away by the first step where the second ends first', async () => {
    const { file, login } = await setUp()
    const a = await login('a', same)
    const b = await login('b', same)
    expect(await logOut(b, deps)).toBe('left')
    expect(await tokenIn(file)).toBe('token of a')
    expect(await logOut(a, deps)).toBe('restored')
    expect(await readdir(join(file, '..')).catch(() => [])).toEqual([])
  })

  test.each<[string, Partial<Credential>]>([
    ['of other AWS credentials', { identity: 'another' }],
    ['that lives much longer', { ...same, expiresAt: new Date('2026-01-01T12:06:00Z') }],
    ['of unknown AWS credentials', {}],
    ['for more hosts', { ...same, hosts: [HOST, 'ecr-public.aws.com'] }]
  ])('%s replaces it', async (_name, more) => {
    const { file, login } = await setUp()
    await login('a', same)
    await login('b', more)
    expect(await tokenIn(file)).toBe('token of b')
  })

  test('is replaced where Docker would not find it any more', async () => {
    const { file, login } = await setUp()
    await login('a', same)
    const document = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...document, credsStore: 'desktop' }))
    await login('b', same)
    expect(await tokenIn(file)).toBe('token of b')
    expect(JSON.parse(await readFile(file, 'utf8')).credHelpers).toEqual({ [HOST]: '' })
  })
})

test('a state that is none names no logins', () => {
  for (const text of ['', '{}', '[1, null, {"id": "x"}]', 'x'])
    expect(parseLogins(text)).toEqual([])
})
