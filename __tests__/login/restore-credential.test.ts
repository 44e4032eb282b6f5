import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import {
  lockPathOf,
  createLoginReference,
  findRecord,
  writeRecord
} from '../../src/login/login-records.js'
import type { LoginReference } from '../../src/login/login-records.js'
import { digestOf } from '../../src/login/credential-document.js'
import { restoreCredential } from '../../src/login/restore-credential.js'
import { storeCredential, writeCredential } from '../../src/login/write-credential.js'
import { entryOf, HOST, installStore } from './install-store.js'
import type { TestStore } from './install-store.js'
import { temporaryDirectory } from './temporary-directory.js'

const PREVIOUS = { username: 'someone', secret: 'another password' }
const NOW = new Date('2026-11-30T12:00:00Z')

interface Setup {
  readonly file: string
  readonly store: TestStore
  readonly messages: readonly string[]
  /** Logs in, also into the store. */
  readonly login: (password: string) => Promise<LoginReference>
  readonly restore: (login: LoginReference) => Promise<string>
}

async function setUp(before: string): Promise<Setup> {
  const store = await installStore()
  const file = join(await temporaryDirectory(), 'config.json')
  await writeFile(file, before)
  const messages: string[] = []
  const ignore = (): void => undefined
  const log = { debug: (text: string) => void messages.push(text) }
  const deps = {
    sleep: () => setImmediate(),
    random: () => 0.5,
    now: () => NOW,
    log,
    ...store.deps
  }
  const login = async (password: string): Promise<LoginReference> => {
    const reference = createLoginReference(file, { RUNNER_TEMP: await temporaryDirectory() })
    const auth = Buffer.from(`AWS:${password}`).toString('base64')
    const credential = { hosts: [HOST], auth, expiresAt: new Date('2026-11-30T20:00:00Z') }
    await writeCredential(reference, { path: file, file, readers: ['docker'] }, credential, deps)
    const whole = { info: ignore, notice: ignore, warning: ignore, group: ignore, ...log }
    await storeCredential(
      reference,
      'test',
      { hosts: [HOST], username: 'AWS', password },
      { ...store.deps, log: whole as never }
    )
    return reference
  }
  return { file, store, messages, login, restore: (one) => restoreCredential(one, deps) }
}

describe('restoreCredential with a credential store', () => {
  const BEFORE = '{"credsStore": "test"}'

  test('restores the entry of the store and the file', async () => {
    const { file, store, login, restore } = await setUp(BEFORE)
    await store.put(entryOf(PREVIOUS))
    const reference = await login('one')
    expect(await store.entry()).toMatchObject({ Secret: 'one' })
    expect(JSON.stringify(await findRecord(reference))).not.toContain('"one"')
    expect(await restore(reference)).toBe('restored')
    expect(await store.entry()).toEqual(entryOf(PREVIOUS))
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test.each([
    ['the same token, the first ends first', ['one', 'one'], [0, 1], ['one', undefined]],
    ['the same token, the last ends first', ['one', 'one'], [1, 0], ['one', undefined]],
    ['other tokens, the first ends first', ['one', 'two'], [0, 1], ['two', undefined]],
    ['other tokens, the last ends first', ['one', 'two'], [1, 0], ['one', undefined]],
    ['three tokens', ['one', 'two', 'three'], [1, 0, 2], ['three', 'three', undefined]],
    ['three tokens again', ['one', 'two', 'three'], [2, 0, 1], ['two', 'two', undefined]]
  ])(
    'keeps the entry of a running login, and does not restore one of a login that has ended: %s',
    async (_name, passwords, order, expected) => {
      for (const previous of [undefined, PREVIOUS]) {
        const { store, login, restore } = await setUp(BEFORE)
        if (previous !== undefined) await store.put(entryOf(previous))
        const logins: LoginReference[] = []
        for (const password of passwords) logins.push(await login(password))
        for (const [at, number] of order.entries()) {
          await restore(logins[number]!)
          const secret = expected[at] ?? previous?.secret
          const found = await store.entry().catch(() => undefined)
          expect(found).toEqual(
            secret === undefined ? undefined : expect.objectContaining({ Secret: secret })
          )
        }
      }
    }
  )

  test('does not restore the entry of a login whose restoration waits for the store', async () => {
    const { store, login, restore } = await setUp(BEFORE)
    await store.put(entryOf(PREVIOUS))
    const [one, two] = [await login('one'), await login('two')]
    const program = join(store.deps.env.PATH!.split(':')[0]!, 'docker-credential-test')
    await rename(program, program.replace(/test$/, 'other'))
    await writeFile(program, HOLDING, { mode: 0o755 })
    const [hold, held] = [`${store.store}.hold`, `${store.store}.held`]
    await writeFile(hold, '')
    const first = restore(one)
    while (!existsSync(held)) await setTimeout(10)
    await restore(two)
    await rm(held)
    await first
    expect(await store.entry()).toEqual(entryOf(PREVIOUS))
  })

  test('restores the entry although another login does not use a store', async () => {
    const { store, login, restore } = await setUp(BEFORE)
    await store.put(entryOf(PREVIOUS))
    const [one, two] = [await login('one'), await login('one')]
    const { stored, ...record } = (await findRecord(two))!
    await writeRecord(two, record)
    await restore(one)
    expect(stored).toHaveLength(1)
    expect(await store.entry()).toEqual(entryOf(PREVIOUS))
    expect(await findRecord(two)).not.toHaveProperty('stored')
  })

  test('records the entry before it is written, and skips a store that fails', async () => {
    const { file, store, messages, login, restore } = await setUp(BEFORE)
    await writeFile(join(store.deps.env.PATH!.split(':')[0]!, 'docker-credential-test'), FAILING)
    const reference = await login('one')
    expect((await findRecord(reference))?.stored).toMatchObject([{ store: 'test', host: HOST }])
    expect(await restore(reference)).toBe('restored')
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
    expect(messages).toEqual([
      `The credential store test was skipped for ${HOST}: status 1`,
      'The credential store test was not restored: status 1'
    ])
    expect(await findRecord(reference)).toBeUndefined()
  })

  test('does not write into a store after the login was undone', async () => {
    const { file, store, restore, login } = await setUp(BEFORE)
    const reference = await login('one')
    await restore(reference)
    const actions = await store.actions()
    const ignore = (): void => undefined
    const log = { info: ignore, notice: ignore, warning: ignore, debug: ignore }
    await storeCredential(
      reference,
      'test',
      { hosts: [HOST], username: 'AWS', password: 'two' },
      { ...store.deps, log: log as never }
    )
    expect(await store.actions()).toEqual([...actions, 'get'])
    expect(await readFile(file, 'utf8')).toBe(BEFORE)
  })

  test('does not hold the lock and keeps the record while a store runs', async () => {
    const { file, store, login, restore } = await setUp(BEFORE)
    const reference = await login('one')
    const lock = lockPathOf(file)
    const { record } = reference
    const program = join(store.deps.env.PATH!.split(':')[0]!, 'docker-credential-test')
    await writeFile(
      program,
      `#!/bin/sh\nif [ ! -e "${lock}" ] && [ -e "${record}" ]; then echo free; fi >> "$LOG"\nexit 1\n`
    )
    const before = await store.actions()
    await restore(reference)
    expect(await store.actions()).toEqual([...before, 'free'])
    expect(await store.entry()).toMatchObject({ Secret: 'one' })
  })
})

/** Waits after it has read the entry for the first `get`, as long as the file `held` exists. */
const HOLDING = `#!/bin/sh
if [ "$1" = get ] && mv "$STORE.hold" "$STORE.held" 2>/dev/null; then
  entry=$(docker-credential-other get)
  while [ -e "$STORE.held" ]; do sleep 0.01; done
  echo "$entry"
else exec docker-credential-other "$1"; fi
`

/** Answers the first `get`, and fails then. */
const FAILING = `#!/bin/sh
if [ "$1" = get ] && [ ! -s "$LOG" ]; then echo x > "$LOG"; echo 'credentials not found'; exit 1; fi
echo locked; exit 1
`

describe('restoreCredential', () => {
  test('does not restore an entry whose token has expired', async () => {
    const tokenOf = (expiration: number): string => {
      const password = Buffer.from(JSON.stringify({ payload: 'x', expiration })).toString('base64')
      return Buffer.from(`AWS:${password}`).toString('base64')
    }
    const seconds = NOW.getTime() / 1000
    for (const [expiration, isRestored] of [
      [seconds - 1, false],
      [seconds + 60, true]
    ] as const) {
      const before = JSON.stringify({ auths: { [HOST]: { auth: tokenOf(expiration) }, 'a.b': {} } })
      const { file, login, restore } = await setUp(before)
      await restore(await login('one'))
      const { auths } = JSON.parse(await readFile(file, 'utf8')) as { auths: object }
      expect(Object.keys(auths)).toEqual(isRestored ? [HOST, 'a.b'] : ['a.b'])
    }
  })

  test('does not change a file that another program made malformed', async () => {
    const { file, login, restore } = await setUp('{}')
    const reference = await login('one')
    await writeFile(file, '{"auths": [')
    await expect(restore(reference)).rejects.toThrow(/malformed/)
    expect(await readFile(file, 'utf8')).toBe('{"auths": [')
    expect(await findRecord(reference)).toBeDefined()
  })

  test('deletes the files of a login that was killed before it wrote its record', async () => {
    const { file, restore } = await setUp('{}')
    const reference = createLoginReference(file, { RUNNER_TEMP: await temporaryDirectory() })
    expect(await restore(reference)).toBe('not-found')
    const temporary = join(dirname(file), '.config.json.ecr-public-x')
    const other = join(dirname(file), '.config.json.other')
    for (const path of [temporary, other]) await writeFile(path, 'x')
    expect(await restore(reference)).toBe('not-found')
    expect((await readdir(dirname(file))).sort()).toEqual(['.config.json.other', 'config.json'])
    await writeFile(lockPathOf(file), '')
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await utimes(lockPathOf(file), anHourAgo, anHourAgo)
    await writeFile(temporary, 'x')
    expect(await restore(reference)).toBe('not-found')
    expect(await readFile(file, 'utf8')).toBe('{}')
    await writeFile(lockPathOf(file), '')
    await utimes(lockPathOf(file), anHourAgo, anHourAgo)
    expect(await restore(reference)).toBe('not-found')
    expect((await readdir(dirname(file))).sort()).toEqual(['.config.json.other', 'config.json'])
  })

  test('does nothing if neither a record nor the directory of the file exists', async () => {
    const { file, restore } = await setUp('{}')
    const missing = join(dirname(file), 'none', 'config.json')
    const reference = createLoginReference(missing, { RUNNER_TEMP: dirname(file) })
    expect(await restore(reference)).toBe('not-found')
    expect(await readdir(dirname(file))).toEqual(['config.json'])
  })

  describe('without the record of the login', () => {
    const hosts = [HOST, 'ecr-public.aws.com']
    const value = { auth: 'QVdTOm9uZQ==' }

    /** Restores a login without a record. The credential file contains `text`, or is missing. */
    async function restoreLost(text?: string, name = 'config.json'): Promise<string> {
      const { file, restore } = await setUp('{}')
      const entries = { hosts, authDigest: digestOf(value) }
      const path = join(dirname(file), name)
      if (text === undefined) await rm(path)
      else await writeFile(path, text)
      const reference = createLoginReference(path, { RUNNER_TEMP: dirname(file) }, entries)
      try {
        return await restore(reference)
      } finally {
        expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(text)
      }
    }

    test.each([
      ['config.json', 'docker --config \\S+ logout'],
      ['auth.json', 'podman logout --authfile \\S+/auth.json']
    ])('reports how to remove the credential from %s', async (name, command) => {
      for (const host of hosts) {
        const commands = hosts.map((each) => `"${command} ${each}"`).join(' and ')
        await expect(
          restoreLost(JSON.stringify({ auths: { [host]: value } }), name)
        ).rejects.toThrow(
          new RegExp(
            `^The record of the login does not exist anymore .* run ${commands} when no other job uses it\\.$`
          )
        )
      }
    })

    test.each([undefined, '', '{}', `{"auths": {"${HOST}": {"auth": "QVdTOnR3bw=="}}}`])(
      'finds nothing to remove in %s',
      async (text) => {
        expect(await restoreLost(text)).toBe('not-found')
      }
    )

    test('reports that the file is malformed', async () => {
      await expect(restoreLost('{"auths": [')).rejects.toThrow(/malformed/)
    })
  })
})
