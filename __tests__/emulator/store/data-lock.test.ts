import { jest } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDirectory } from '../../../src/emulator/store/data-lock.js'
import { Journal } from '../../../src/emulator/store/journal.js'
import { Store } from '../../../src/emulator/store/store.js'
import { createEmulator } from '../../../src/emulator/library.js'
import { callApi } from '../call-api.js'
import { runEmulator, runEmulatorInContainer } from '../emulator-process.js'
import type { EmulatorProcess } from '../emulator-process.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'emulator-lock-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const locks = (): string[] => readdirSync(directory).filter((name) => name.includes('lock'))
const sockets = (): string[] => readdirSync(directory).filter((name) => name.includes('socket'))
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const namespace = (): string => readlinkSync('/proc/self/ns/pid')

test('refuses a second holder and names the process of the first', async () => {
  const { unlock } = await lockDirectory(directory)
  await expect(lockDirectory(directory)).rejects.toThrow(
    `The data directory is in use: "${directory}". Process ${String(process.pid)} uses it.`
  )
  unlock()
  const again = await lockDirectory(directory)
  again.unlock()
  expect(locks()).toHaveLength(1)
  expect(sockets()).toEqual([])
})

const here = { host: hostname(), boot: bootId(), namespace: namespace() }
const ended = { ...here, pid: 2 ** 22 + 1, startTime: '1' }

test.each([
  ['a process that has ended', ended],
  ['an earlier process with the same PID', { ...ended, pid: process.pid }],
  ['a process on this machine before it was restarted', { ...ended, boot: 'earlier' }],
  ['a process of a container that does not exist any more', { ...ended, host: 'gone', socket: 's' }]
])('takes over the lock of %s', async (_, holder) => {
  writeFileSync(join(directory, 'lock-7'), JSON.stringify(holder))
  const { unlock } = await lockDirectory(directory)
  expect(locks()).toEqual(['lock-8'])
  unlock()
})

test.each([
  ['a process on another host', { pid: 1, host: 'elsewhere' }, 'Process 1 on host elsewhere'],
  [
    'a process in another PID namespace without a socket',
    { ...ended, namespace: 'pid:[1]' },
    `Process ${String(ended.pid)} uses it`
  ]
])('does not take over the lock of %s', async (_, holder, message) => {
  const path = join(directory, 'lock-1')
  writeFileSync(path, JSON.stringify(holder))
  const attempt = lockDirectory(directory)
  await expect(attempt).rejects.toThrow(message)
  await expect(attempt).rejects.toThrow(`If the process does not exist, delete "${path}".`)
  expect(sockets()).toEqual([])
})

test.each(['{"pid":', '[]', '{"pid":1}'])('refuses the lock file %j as damaged', async (text) => {
  writeFileSync(join(directory, 'lock-1'), text)
  await expect(lockDirectory(directory)).rejects.toThrow(
    `The lock file of the data directory is damaged: "${join(directory, 'lock-1')}".`
  )
})

test('locks a directory whose path is longer than the address of a socket', async () => {
  const long = join(directory, 'a'.repeat(200))
  const { unlock } = await lockDirectory(long)
  expect(readdirSync(long)).toEqual(['lock-1', expect.stringMatching(/^socket-/)])
  await expect(lockDirectory(long)).rejects.toThrow('is in use')
  unlock()
})

test('releases the lock if the data cannot be read, and when the emulator is closed', async () => {
  writeFileSync(join(directory, 'journal.jsonl'), 'damaged\n')
  await expect(createEmulator({ data: directory })).rejects.toThrow('The data directory is damaged')
  rmSync(join(directory, 'journal.jsonl'))
  const emulator = await createEmulator({ data: directory })
  await expect(createEmulator({ data: directory })).rejects.toThrow('is in use')
  await emulator.close()
  await (await createEmulator({ data: directory })).close()
})

test('the journal is read once, and again if another process changed it before the lock', async () => {
  const now = (): Date => new Date()
  const locked = await lockDirectory(directory)
  // The journal of a process that used the directory in the meantime.
  const other = new Store(directory, now)
  other.createRepository('one')
  other.close()
  const first = new Store(directory, now, locked)
  expect([...first.repositories.values()].map(({ name }) => name)).toEqual(['one'])
  first.close()
  const read = jest.spyOn(Journal, 'read')
  const second = new Store(directory, now, await lockDirectory(directory))
  expect(read).toHaveBeenCalledTimes(1)
  expect(second.key).toEqual(first.key)
  second.close()
  const unchanged = await lockDirectory(directory)
  const another = new Store(directory, now)
  another.createRepository('two')
  another.close()
  const third = new Store(directory, now, unchanged)
  expect([...third.repositories.values()].map(({ name }) => name)).toEqual(['one', 'two'])
  third.close()
  read.mockRestore()
})

const canUnshare = spawnSync('unshare', ['-rpf', 'true']).status === 0
const testInNamespaces = canUnshare ? test : test.skip

testInNamespaces(
  'refuses a second process in another PID namespace with the same host name',
  async () => {
    const first = await runEmulatorInContainer('a', '--port', '0', '--data', directory)
    expect(first.url).not.toBe('')
    const second = await runEmulatorInContainer('a', '--port', '0', '--data', directory)
    expect(second.url).toBe('')
    expect(second.output().stderr).toContain(`The data directory is in use: "${directory}".`)
  }
)

testInNamespaces('takes over the lock of a container that was killed', async () => {
  const first = await runEmulatorInContainer('a', '--port', '0', '--data', directory)
  await callApi(first, 'CreateRepository', { repositoryName: 'kept' })
  first.child.kill('SIGKILL')
  await first.ended
  const second = await runEmulatorInContainer('b', '--port', '0', '--data', directory)
  expect(second.output().stderr).toBe('')
  const { json } = await callApi(second, 'DescribeRepositories')
  expect(json.repositories).toMatchObject([{ repositoryName: 'kept' }])
})

test('of many processes that start at once, exactly one serves the directory', async () => {
  const started = await Promise.all(
    Array.from({ length: 6 }, () => runEmulator('--port', '0', '--data', directory))
  )
  const serving = started.filter(({ url }) => url !== '')
  expect(serving).toHaveLength(1)
  const pid = String(serving[0]!.child.pid)
  for (const { url, output } of started) {
    if (url === '') expect(output().stderr).toContain(`Process ${pid} uses it`)
  }
})

/** Starts two emulators for the directory until one of them serves it. Only one can. */
async function startTwo(): Promise<EmulatorProcess> {
  for (;;) {
    const started = await Promise.all(
      [1, 2].map(() => runEmulator('--port', '0', '--data', directory))
    )
    const serving = started.filter(({ url }) => url !== '')
    expect(serving.length).toBeLessThanOrEqual(1)
    // A process that was killed can hold the lock until the system has removed it.
    if (serving[0] !== undefined) return serving[0]
  }
}

test('loses nothing acknowledged in 20 rounds of kill -9 while processes contend for the directory', async () => {
  const acknowledged = new Set<string>()
  let next = startTwo()
  for (let round = 0; round < 20; round++) {
    const { child, url } = await next
    const { json } = await callApi({ url }, 'DescribeRepositories', { maxResults: 1000 })
    const found = new Set(json.repositories.map(({ repositoryName }) => repositoryName))
    expect([...acknowledged].filter((name) => !found.has(name))).toEqual([])
    // The kill interrupts some of these calls.
    let answers = 0
    const calls = Array.from({ length: 20 }, async (_item, at) => {
      const repositoryName = `round-${String(round)}-${String(at)}`
      const { status } = await callApi({ url }, 'CreateRepository', { repositoryName })
      if (status === 200) acknowledged.add(repositoryName)
      if (++answers === 1 + (round % 15)) {
        child.kill('SIGKILL')
        next = startTwo()
      }
    })
    await Promise.allSettled(calls)
  }
  expect(acknowledged.size).toBeGreaterThan(20)
  await next
}, 300_000)
