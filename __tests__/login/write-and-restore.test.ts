import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { CredentialTarget } from '../../src/login/credential-targets.js'
import { writeCredential } from '../../src/login/write-credential.js'
import type { Credential } from '../../src/login/write-credential.js'
import { forgetLogin, restoreCredential } from '../../src/login/restore-credential.js'
import {
  findRecord,
  listLogins,
  createLoginReference,
  parseLogins,
  writeLogins
} from '../../src/login/login-records.js'
import type { LoginReference } from '../../src/login/login-records.js'
import { temporaryDirectory } from './temporary-directory.js'

const HOST = 'public.ecr.aws'
const deps = {
  sleep: () => setImmediate(),
  random: () => 0.5,
  now: () => new Date(),
  env: {},
  log: { debug: () => undefined }
}

interface Setup {
  readonly file: string
  readonly target: CredentialTarget
  /** Logs in as a job. Each job has its own token. */
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
      const reference = createLoginReference(file, { RUNNER_TEMP: join(home, `temp of ${job}`) })
      await writeCredential(reference, target, credentialOf(job, more), deps)
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
/** Login removes an entry with a path, and the last login restores it. */
const WITH_PATH = '{"auths":{"public.ecr.aws/alias":{"auth":"dGhlaXJzOnNlY3JldA=="}}}'
const BEFORE =
  '{\n    "psFormat" : "table",\n  "auths":{"public.ecr.aws":{"auth":"QVdTOmZpcnN0"}}}\n\n'

describe('one login', () => {
  test('writes the file with mode 0600, and restoring returns the old bytes and mode', async () => {
    const { file, login } = await setUp(BEFORE)
    await chmod(file, 0o640)
    const reference = await login('a')
    expect(await tokenIn(file)).toBe('token of a')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await restoreCredential(reference, deps)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
    expect((await stat(file)).mode & 0o777).toBe(0o640)
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })

  test('creates a missing directory and file, and restoring deletes both', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    expect(await tokenIn(file)).toBe('token of a')
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
    expect(await restoreCredential(reference, deps)).toBe('restored')
    expect(await readdir(join(file, '..', '..'))).toEqual(['temp of a'])
    expect(await readdir(join(file, '..', '..', 'temp of a'))).toEqual([])
  })

  test('writes to the target of a symbolic link and keeps the link', async () => {
    const { file, login } = await setUp(BEFORE)
    const link = join(file, '..', 'link.json')
    await symlink('config.json', link)
    await login('a')
    expect(await tokenIn(link)).toBe('token of a')
    expect((await readdir(join(file, '..'))).filter((name) => name.endsWith('json'))).toHaveLength(
      2
    )
  })

  test('returns whether it created or replaced the entry', async () => {
    const { target } = await setUp('{}')
    const first = createLoginReference(target.file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await writeCredential(first, target, credentialOf('a'), deps)).action).toBe('create')
    const second = createLoginReference(target.file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await writeCredential(second, target, credentialOf('b'), deps)).action).toBe('update')
  })

  test('does not keep a credential longer because of logins in between', async () => {
    const { file, login } = await setUp('{}')
    const at = (minutes: number): Partial<Credential> => ({
      identity: 'key',
      expiresAt: new Date(Date.parse('2026-01-01T12:00:00Z') + minutes * 60_000)
    })
    await login('a', at(0))
    await login('b', at(4))
    expect(await tokenIn(file)).toBe('token of a')
    await login('c', at(8))
    expect(await tokenIn(file)).toBe('token of c')
  })

  test('keeps an entry that another program changed after the login', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    const changed = '{"auths":{"public.ecr.aws":{"auth":"QVdTOnRoZWlycw=="}}}'
    await writeFile(file, changed)
    const { ino } = await stat(file)
    expect(await restoreCredential(reference, deps)).toBe('kept')
    expect(await readFile(file, 'utf8')).toBe(changed)
    // The file is not written again.
    expect((await stat(file)).ino).toBe(ino)
    expect(await restoreCredential(reference, deps)).toBe('not-found')
  })

  test('restores the formatting although another program changed it after the login', async () => {
    const { file, login } = await setUp(BEFORE)
    const reference = await login('a')
    await writeFile(file, JSON.stringify(JSON.parse(await readFile(file, 'utf8'))))
    expect(await restoreCredential(reference, deps)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('restores nothing if the file was deleted', async () => {
    const { file, login } = await setUp('{}')
    const reference = await login('a')
    await rm(file)
    expect(await restoreCredential(reference, deps)).toBe('not-found')
    expect(await readdir(join(file, '..'))).toEqual([])
  })

  test('writes a record that only the owner can read and that does not contain the token', async () => {
    const { login } = await setUp(BEFORE)
    const reference = await login('a')
    expect((await stat(reference.record)).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(reference)).not.toContain('QVdT')
    expect(JSON.stringify(await findRecord(reference))).not.toContain('token of a')
  })

  test('restores the file with the record of an earlier version, which did not remove entries', async () => {
    const { file, login } = await setUp(BEFORE)
    const reference = await login('a')
    const record = await findRecord(reference)
    await writeFile(reference.record, JSON.stringify({ ...record, setAside: undefined }))
    expect((await findRecord(reference))?.setAside).toEqual([])
    expect(await restoreCredential(reference, deps)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('keeps an empty file that had content before the login', async () => {
    const { file, login } = await setUp('{"psFormat": "table"}')
    const reference = await login('a')
    const { auths } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ auths }))
    expect(await restoreCredential(reference, deps)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe('{}')
  })

  test('keeps the credential of a forgotten login and deletes all other files', async () => {
    const { file, login } = await setUp()
    const reference = await login('a')
    await forgetLogin(reference, deps)
    expect(await restoreCredential(reference, deps)).toBe('not-found')
    expect(await tokenIn(file)).toBe('token of a')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
    expect(await readdir(join(file, '..', '..', 'temp of a'))).toEqual([])
  })
})

describe('a failed login changes nothing', () => {
  test('if the file is malformed', async () => {
    const { file, login } = await setUp('{"auths": [')
    await expect(login('a')).rejects.toThrow(/malformed.* in line 1, column \d+/)
    expect(await readFile(file, 'utf8')).toBe('{"auths": [')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
    expect(await readdir(join(file, '..', '..', 'temp of a')).catch(() => [])).toEqual([])
  })

  test('if the file has a duplicate key', async () => {
    const twice = '{"auths": {}, "auths": {}}'
    const { file, login } = await setUp(twice)
    await expect(login('a')).rejects.toThrow('The file has a duplicate key')
    expect(await readFile(file, 'utf8')).toBe(twice)
  })

  test('if the record cannot be written, including the directory that it created', async () => {
    const { file, target } = await setUp()
    const temp = join(await temporaryDirectory(), 'file')
    await writeFile(temp, '')
    const reference = createLoginReference(file, { RUNNER_TEMP: temp })
    await expect(writeCredential(reference, target, credentialOf('a'), deps)).rejects.toThrow(
      /^The record of the login cannot be written: ".*json"\. The operating system returned E\w+\./
    )
    expect(await readdir(join(file, '..', '..'))).toEqual([])
  })

  test('if the record cannot be written, and keeps an empty directory that existed before', async () => {
    const { file, target } = await setUp()
    await mkdir(join(file, '..'))
    const temp = join(await temporaryDirectory(), 'file')
    await writeFile(temp, '')
    const reference = createLoginReference(file, { RUNNER_TEMP: temp })
    await expect(writeCredential(reference, target, credentialOf('a'), deps)).rejects.toThrow(
      'cannot be written'
    )
    expect(await readdir(join(file, '..', '..'))).toEqual(['.docker'])
  })
})

describe('jobs that share a credential file', () => {
  const orders: [string, string[]][] = [
    ['the first ends first', ['a', 'b', 'c']],
    ['the last ends first', ['c', 'b', 'a']],
    ['the middle one ends first', ['b', 'a', 'c']],
    ['the middle one ends last', ['a', 'c', 'b']]
  ]
  test.each(orders)(
    '%s: the last one restores the file from before all of them',
    async (_name, order) => {
      for (const before of [BEFORE, WITH_STORE, WITH_PATH, '{}', undefined]) {
        const { file, login } = await setUp(before)
        if (before !== undefined) await chmod(file, 0o640)
        const references = new Map<string, LoginReference>()
        for (const job of ['a', 'b', 'c']) references.set(job, await login(job))
        const running = ['a', 'b', 'c']
        for (const job of order) {
          // The file has the credential of one of the running jobs.
          expect(running.map((each) => `token of ${each}`)).toContain(await tokenIn(file))
          await restoreCredential(references.get(job)!, deps)
          running.splice(running.indexOf(job), 1)
        }
        const after = await readFile(file, 'utf8').catch(() => undefined)
        expect(after).toBe(before)
        const rest = await readdir(join(file, '..')).catch(() => [])
        expect(rest).toEqual(before === undefined ? [] : ['config.json'])
        if (before === undefined) {
          expect(await readdir(join(file, '..', '..'))).not.toContain('.docker')
        } else expect((await stat(file)).mode & 0o777).toBe(0o640)
      }
    }
  )

  test.each(orders)('%s: changes of another program are kept', async (_name, order) => {
    for (const before of [BEFORE, WITH_STORE, WITH_PATH, '{"credsStore": "desktop"}']) {
      const { file, login } = await setUp(before)
      const references = new Map<string, LoginReference>()
      for (const job of ['a', 'b', 'c']) {
        references.set(job, await login(job))
        const document = JSON.parse(await readFile(file, 'utf8'))
        document.auths[`${job}.example`] = {}
        await writeFile(file, JSON.stringify(document))
      }
      for (const job of order) await restoreCredential(references.get(job)!, deps)
      const { auths, ...rest } = JSON.parse(before)
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
        ...rest,
        auths: { ...auths, 'a.example': {}, 'b.example': {}, 'c.example': {} }
      })
    }
  })

  test('logins to different registries are independent', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const b = await login('b', { hosts: ['127.0.0.1:5111'] })
    const c = await login('c')
    await restoreCredential(a, deps)
    expect(await tokenIn(file)).toBe('token of c')
    expect(await tokenIn(file, '127.0.0.1:5111')).toBe('token of b')
    await restoreCredential(c, deps)
    expect(await tokenIn(file)).toBe('first')
    await restoreCredential(b, deps)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(BEFORE))
  })

  test('logins to different registries restore the bytes of the file', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const b = await login('b', { hosts: ['127.0.0.1:5111'] })
    await restoreCredential(a, deps)
    expect(await tokenIn(file)).toBe('first')
    expect(await tokenIn(file, '127.0.0.1:5111')).toBe('token of b')
    await restoreCredential(b, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test.each(['listed', 'not listed'])(
    'a %s login that ends does not change what earlier logins restore',
    async (kind) => {
      // The token of the last login is also the one from before all of them.
      const auth = Buffer.from('AWS:token of c').toString('base64')
      const before = JSON.stringify({ auths: { [HOST]: { auth } } })
      const { file, login } = await setUp(before)
      const a = await login('a', { hosts: ['127.0.0.1:5111'] })
      const b = await login('b')
      const c = await login('c')
      // A login that was killed before it changed the list is missing there.
      if (kind === 'not listed') await writeLogins(file, [a, b])
      await restoreCredential(c, deps)
      expect(await tokenIn(file)).toBe('token of b')
      await restoreCredential(b, deps)
      expect(await tokenIn(file)).toBe('token of c')
      await restoreCredential(a, deps)
      expect(await readFile(file, 'utf8')).toBe(before)
    }
  )

  test('a login ends although the file was deleted before a later login', async () => {
    const { file, login } = await setUp()
    const a = await login('a')
    await rm(file)
    const b = await login('b')
    expect(await restoreCredential(a, deps)).toBe('kept')
    expect(await tokenIn(file)).toBe('token of b')
    expect(await restoreCredential(b, deps)).toBe('restored')
    expect(await readdir(join(file, '..', '..'))).not.toContain('.docker')
  })

  test.each([
    ['the entry of the first login', BEFORE, { [HOST]: { auth: 'QVdTOnRoZWlycw==' } }],
    ['another entry', undefined, { 'ghcr.io': { auth: 'Z2g6eA==' } }]
  ])('the mode of a program that changed %s is restored', async (_name, before, entries) => {
    const { file, login } = await setUp(before)
    const a = await login('a')
    const { auths, ...rest } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...rest, auths: { ...auths, ...entries } }))
    await chmod(file, 0o640)
    const b = await login('b')
    await restoreCredential(a, deps)
    await restoreCredential(b, deps)
    expect((await stat(file)).mode & 0o777).toBe(0o640)
  })

  test('the mode is 0600 until the last login ends', async () => {
    const { file, login } = await setUp(BEFORE)
    await chmod(file, 0o644)
    const a = await login('a', { hosts: ['registry.example'] })
    const b = await login('b')
    await restoreCredential(a, deps)
    expect(await tokenIn(file, 'registry.example')).toBeUndefined()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await restoreCredential(b, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
    expect((await stat(file)).mode & 0o777).toBe(0o644)
  })

  test('a login without a record can be forgotten', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    await rm(a.record)
    await forgetLogin(a, deps)
    expect(await tokenIn(file)).toBe('token of a')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })

  test('a forgotten login does not affect the other logins', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const b = await login('b')
    await forgetLogin(a, deps)
    expect(await listLogins(file)).toEqual([b])
    expect(await findRecord(b)).toBeDefined()
  })

  test('concurrent entries of another program are kept', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a')
    const document = JSON.parse(await readFile(file, 'utf8'))
    document.auths['ghcr.io'] = { auth: 'Z2g6eA==' }
    await writeFile(file, JSON.stringify(document, undefined, '\t'))
    const b = await login('b')
    await restoreCredential(a, deps)
    await restoreCredential(b, deps)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...JSON.parse(BEFORE),
      auths: { 'public.ecr.aws': { auth: 'QVdTOmZpcnN0' }, 'ghcr.io': { auth: 'Z2g6eA==' } }
    })
  })

  test('the login of a killed job is ignored after the runner deleted its record', async () => {
    const { file, login } = await setUp('{}')
    const killed = await login('killed')
    await rm(killed.record)
    const b = await login('b')
    expect(await listLogins(file)).toEqual([b])
    await restoreCredential(b, deps)
    expect(await tokenIn(file)).toBe('token of killed')
    expect(await readdir(join(file, '..'))).toEqual(['config.json'])
  })
})

describe('an equivalent credential', () => {
  const same = { identity: 'one AWS access key' }

  test('is kept until the last job that uses it ends', async () => {
    const { file, target, login } = await setUp(BEFORE)
    const a = await login('a', same)
    const b = createLoginReference(file, { RUNNER_TEMP: await temporaryDirectory() })
    expect((await writeCredential(b, target, credentialOf('b', same), deps)).action).toBe('keep')
    expect(await tokenIn(file)).toBe('token of a')
    await restoreCredential(a, deps)
    expect(await tokenIn(file)).toBe('token of a')
    await restoreCredential(b, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('is kept if the second login is restored first, and removed by the first login', async () => {
    const { file, login } = await setUp()
    const a = await login('a', same)
    const b = await login('b', same)
    expect(await restoreCredential(b, deps)).toBe('kept')
    expect(await tokenIn(file)).toBe('token of a')
    expect(await restoreCredential(a, deps)).toBe('restored')
    expect(await readdir(join(file, '..')).catch(() => [])).toEqual([])
  })

  test('is kept for the first login if later logins end before it', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a', same)
    const b = await login('b', same)
    const c = await login('c', { identity: 'another' })
    await restoreCredential(b, deps)
    expect(await tokenIn(file)).toBe('token of c')
    await restoreCredential(c, deps)
    expect(await tokenIn(file)).toBe('token of a')
    await restoreCredential(a, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('is restored by a later login if one of the two logins that use it has ended', async () => {
    const { file, login } = await setUp(BEFORE)
    const a = await login('a', same)
    const b = await login('b', same)
    const c = await login('c', { identity: 'another' })
    await restoreCredential(a, deps)
    expect(await tokenIn(file)).toBe('token of c')
    await restoreCredential(c, deps)
    expect(await tokenIn(file)).toBe('token of a')
    await restoreCredential(b, deps)
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test.each<[string, Partial<Credential>]>([
    ['other AWS credentials', { identity: 'another' }],
    ['a later expiration time', { ...same, expiresAt: new Date('2026-01-01T12:06:00Z') }],
    ['unknown AWS credentials', {}],
    ['more hosts', { ...same, hosts: [HOST, 'ecr-public.aws.com'] }]
  ])('is replaced by a credential with %s', async (_name, more) => {
    const { file, login } = await setUp()
    await login('a', same)
    await login('b', more)
    expect(await tokenIn(file)).toBe('token of b')
  })

  test('for another host does not prevent a login', async () => {
    const { file, login } = await setUp()
    await login('a', same)
    await login('b', { ...same, hosts: ['127.0.0.1:5111'] })
    expect(await tokenIn(file)).toBe('token of a')
    expect(await tokenIn(file, '127.0.0.1:5111')).toBe('token of b')
  })

  test('is replaced if the helper of one of its hosts was changed', async () => {
    const hosts = [HOST, 'ecr-public.aws.com']
    const { file, login } = await setUp('{"credsStore": "desktop"}')
    await login('a', { ...same, hosts })
    const document = JSON.parse(await readFile(file, 'utf8'))
    const credHelpers = { ...document.credHelpers, [HOST]: 'ecr-login' }
    await writeFile(file, JSON.stringify({ ...document, credHelpers }))
    await login('b', { ...same, hosts })
    for (const host of hosts) expect(await tokenIn(file, host)).toBe('token of b')
    expect(JSON.parse(await readFile(file, 'utf8')).credHelpers).toEqual(document.credHelpers)
  })

  test('is replaced if Docker cannot find it anymore', async () => {
    const { file, login } = await setUp()
    await login('a', same)
    const document = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...document, credsStore: 'desktop' }))
    await login('b', same)
    expect(await tokenIn(file)).toBe('token of b')
    expect(JSON.parse(await readFile(file, 'utf8')).credHelpers).toEqual({ [HOST]: '' })
  })
})

describe('an equivalent credential that tools do not find', () => {
  const more = { identity: 'one AWS access key', hosts: [HOST, 'ecr-public.aws.com'] }

  test('is replaced if one of its entries was changed', async () => {
    for (const host of more.hosts) {
      const { file, login } = await setUp()
      await login('a', more)
      const { auths } = JSON.parse(await readFile(file, 'utf8'))
      auths[host] = { auth: 'QVdTOnRoZWlycw==' }
      await writeFile(file, JSON.stringify({ auths }))
      await login('b', more)
      for (const each of more.hosts) expect(await tokenIn(file, each)).toBe('token of b')
    }
  })

  test('is replaced if an entry with a path was added, which is then removed', async () => {
    const { file, login } = await setUp()
    await login('a', more)
    const { auths } = JSON.parse(await readFile(file, 'utf8'))
    auths[`${HOST}/alias`] = { auth: 'QVdTOnRoZWlycw==' }
    await writeFile(file, JSON.stringify({ auths }))
    await login('b', more)
    const after = JSON.parse(await readFile(file, 'utf8')) as { auths: object }
    expect(Object.keys(after.auths)).toEqual(more.hosts)
  })
})

test('the last login deletes an empty file that did not exist before the first login', async () => {
  const { file, login } = await setUp()
  const a = await login('a')
  const { auths } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ auths, psFormat: 'table' }))
  const b = await login('b')
  const { auths: current } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ auths: current }))
  for (const reference of [a, b]) await restoreCredential(reference, deps)
  expect(await readdir(join(file, '..', '..'))).not.toContain('.docker')
})

test('parseLogins ignores a malformed state', () => {
  for (const text of ['', '{}', 'x']) expect(parseLogins(text)).toEqual([])
})

test('parseLogins ignores each value that is not a login, and keeps the others', () => {
  const login = { id: 'id', file: 'file', record: 'record' }
  const entries = { hosts: [HOST], authDigest: 'digest' }
  const others = [
    1,
    null,
    'text',
    [],
    ...[1, null, 'text', [], {}].map((value) => ({ ...login, entries: value })),
    ...Object.keys(entries).map((name) => ({ ...login, entries: { ...entries, [name]: 1 } })),
    ...Object.keys(login).flatMap((name) => [
      { ...login, [name]: 1 },
      { ...login, [name]: undefined }
    ])
  ]
  const logins = [login, { ...login, entries }]
  expect(parseLogins(JSON.stringify([...others, ...logins]))).toEqual(logins)
})
