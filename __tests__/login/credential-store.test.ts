import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  readStore,
  restoreStore,
  withoutEnded,
  writeToStore
} from '../../src/login/credential-store.js'
import type { StoredCredential } from '../../src/login/credential-store.js'
import { textDigest } from '../../src/login/credential-document.js'
import { hasEnded } from '../helpers/has-ended.js'
import { entryOf, HOST, installStore } from './install-store.js'
import type { TestStore } from './install-store.js'

const NOW = new Date('2026-11-30T12:00:00Z')
const MINE = { username: 'AWS', secret: 'the token of login' }
const OTHER = { username: 'someone', secret: 'another password' }

describe('readStore', () => {
  test('returns the entry before login, and a digest instead of the new secret', async () => {
    const { deps, put } = await installStore()
    await put(entryOf(OTHER))
    const stored = await readStore('test', HOST, MINE.secret, deps)
    expect(stored).toMatchObject({ store: 'test', host: HOST, previous: OTHER })
    expect(JSON.stringify(stored)).not.toContain(MINE.secret)
  })

  test('returns the store without an entry if it does not have one', async () => {
    const { deps } = await installStore()
    expect((await readStore('test', HOST, 'x', deps)).previous).toBeUndefined()
  })

  test('returns an entry that contains the message for a missing entry', async () => {
    const { deps, put } = await installStore()
    const entry = { username: 'credentials not found', secret: 'x' }
    await put(entryOf(entry))
    expect((await readStore('test', HOST, MINE.secret, deps)).previous).toEqual(entry)
  })

  test.each([
    [null],
    [{}],
    [{ Username: 'a' }],
    [{ Username: 'a', Secret: '' }],
    [{ Username: 1, Secret: 'x' }],
    [{ Username: 'a', Secret: 1 }]
  ])('ignores an entry that is not a credential: %j', async (entry) => {
    const { deps, put } = await installStore()
    await put(entry)
    expect((await readStore('test', HOST, 'x', deps)).previous).toBeUndefined()
  })

  test('rejects an entry that is not JSON', async () => {
    const { deps, store } = await installStore()
    await writeFile(join(store, HOST), 'secret')
    await expect(readStore('test', HOST, 'x', deps)).rejects.toThrow(/^its output is not JSON$/)
  })

  test('reports the status of a store that fails, and not its output', async () => {
    const { deps } = await installStore('#!/bin/sh\necho secret\nexit 2\n')
    await expect(readStore('test', HOST, 'x', deps)).rejects.toThrow(/^status 2$/)
    await expect(readStore('none', HOST, 'x', deps)).rejects.toThrow('ENOENT')
  })

  test.each(['', '../test', '/bin/test', 'test x', 'test;', 'x/../test', 'test\n'])(
    'does not start a program whose name is not the name of a store: %j',
    async (name) => {
      const { deps, actions } = await installStore()
      await expect(async () => readStore(name, HOST, 'x', deps)).rejects.toThrow(
        'is not the name of a credential store'
      )
      expect(await actions()).toEqual([])
    }
  )
})

describe('a store that does not respond', () => {
  /** Starts another program, which keeps the standard output open, and waits for it. */
  const HANGING =
    '#!/bin/sh\ntrap "" TERM\nsleep 600 &\necho $! > "$LOG.new"\nmv "$LOG.new" "$LOG"\nwait\n'

  test('is killed after the timeout, together with the programs that it started', async () => {
    const { deps, actions } = await installStore(HANGING)
    const reading = readStore('test', HOST, 'x', { ...deps, timeoutMs: 1500 })
    await expect(reading).rejects.toThrow(/^no response for 1500 ms$/)
    expect(await hasEnded(Number((await actions())[0]))).toBe(true)
  })

  test('is killed when the run is cancelled', async () => {
    const { deps, actions } = await installStore(HANGING)
    const cancellation = new AbortController()
    const reading = readStore('test', HOST, 'x', { ...deps, signal: cancellation.signal })
    const outcome = expect(reading).rejects.toThrow(/^cancelled$/)
    while ((await actions()).length === 0) await setTimeout(10)
    cancellation.abort()
    await outcome
    expect(await hasEnded(Number((await actions())[0]))).toBe(true)
  })
})

test('a store that has ended is not killed later', async () => {
  const { deps } = await installStore()
  const countTimers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = countTimers()
  await readStore('test', HOST, 'x', deps)
  expect(countTimers()).toBeLessThanOrEqual(before)
})

describe('writeToStore', () => {
  test('writes the entry', async () => {
    const { deps, entry } = await installStore()
    await writeToStore({ store: 'test', host: HOST }, MINE, deps)
    expect(await entry()).toEqual(entryOf(MINE))
  })

  test('reports the status of a store that fails, and not its output', async () => {
    const { deps } = await installStore('#!/bin/sh\ncat\nexit 3\n')
    await expect(writeToStore({ store: 'test', host: HOST }, MINE, deps)).rejects.toThrow(
      /^status 3$/
    )
  })
})

describe('restoreStore', () => {
  /** Logs in with an entry of the store, and returns the function that restores it. */
  async function logIn(
    previous?: typeof MINE
  ): Promise<TestStore & { restore: () => Promise<void> }> {
    const setup = await installStore()
    if (previous !== undefined) await setup.put(entryOf(previous))
    const stored = await readStore('test', HOST, MINE.secret, setup.deps)
    await writeToStore(stored, MINE, setup.deps)
    return { ...setup, restore: () => restoreStore(stored, NOW, setup.deps) }
  }

  test('erases the entry if the store did not have one', async () => {
    const { restore, store } = await logIn()
    await restore()
    expect(await readdir(store)).toEqual([])
  })

  test('restores the entry before login', async () => {
    const { restore, entry } = await logIn(OTHER)
    await restore()
    expect(await entry()).toEqual(entryOf(OTHER))
  })

  test('erases the entry if the one before login has expired', async () => {
    const tokenOf = (expiration: number): string =>
      Buffer.from(JSON.stringify({ payload: 'x', expiration })).toString('base64')
    const seconds = NOW.getTime() / 1000
    const expired = await logIn({ username: 'AWS', secret: tokenOf(seconds) })
    await expired.restore()
    expect(await readdir(expired.store)).toEqual([])
    const valid = await logIn({ username: 'AWS', secret: tokenOf(seconds + 1) })
    await valid.restore()
    expect(await valid.entry()).toMatchObject({ Secret: tokenOf(seconds + 1) })
  })

  test.each([
    ['without an entry before login', undefined],
    ['with an entry before login', OTHER]
  ])('keeps an entry that another program changed: %s', async (_name, previous) => {
    const { restore, put, entry, actions } = await logIn(previous)
    await put(entryOf({ username: 'AWS', secret: 'their token' }))
    await restore()
    expect(await entry()).toMatchObject({ Secret: 'their token' })
    expect(await actions()).toEqual(['get', 'store', 'get'])
  })

  test('does not create an entry that another program erased', async () => {
    const { restore, store } = await logIn(OTHER)
    await rm(join(store, HOST))
    await restore()
    expect(await readdir(store)).toEqual([])
  })
})

describe('withoutEnded', () => {
  const ended = { store: 'test', host: HOST, secretDigest: textDigest('one'), previous: OTHER }
  const previous = { username: 'AWS', secret: 'one' }
  const running = { store: 'test', host: HOST, secretDigest: textDigest('two'), previous }

  test('replaces a previous entry that the other login wrote by the one before that login', () => {
    expect(withoutEnded([running], [ended])).toEqual([{ ...running, previous: OTHER }])
    const created = { ...ended, previous: undefined }
    expect(withoutEnded([running], [created])).toEqual([{ ...running, previous: undefined }])
  })

  test.each<[string, Partial<StoredCredential>]>([
    ['another store', { store: 'other' }],
    ['another host', { host: 'ecr-public.aws.com' }],
    ['another secret', { previous: { username: 'AWS', secret: 'three' } }],
    ['no previous entry', { previous: undefined }]
  ])('keeps the entry with %s', (_name, more) => {
    const entry = { ...running, ...more }
    expect(withoutEnded([entry], [ended])).toEqual([entry])
  })
})
