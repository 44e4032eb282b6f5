import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDirectory } from '../../../src/emulator/store/data-lock.js'
import { Store } from '../../../src/emulator/store/store.js'
import { callApi } from '../call-api.js'
import { runEmulator } from '../emulator-process.js'
import type { EmulatorProcess } from '../emulator-process.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'emulator-lock-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const now = (): Date => new Date('2026-01-01T00:00:00Z')
const locks = (): string[] => readdirSync(directory).filter((name) => name.includes('lock'))

test('refuses a second holder and names the process of the first', () => {
  const unlock = lockDirectory(directory)
  expect(() => lockDirectory(directory)).toThrow(
    `The data directory is in use: "${directory}". Process ${String(process.pid)} uses it.`
  )
  unlock()
  lockDirectory(directory)()
  expect(locks()).toHaveLength(1)
})

test.each([
  ['a process that has ended', { pid: 2 ** 22 + 1, host: hostname(), startTime: '1' }],
  ['an earlier process with the same PID', { pid: process.pid, host: hostname(), startTime: '1' }]
])('takes over the lock of %s', (_, holder) => {
  writeFileSync(join(directory, 'lock-7'), JSON.stringify(holder))
  lockDirectory(directory)
  expect(locks()).toEqual(['lock-8'])
})

test('does not take over the lock of a process on another host', () => {
  writeFileSync(join(directory, 'lock-1'), JSON.stringify({ pid: 1, host: 'elsewhere' }))
  expect(() => lockDirectory(directory)).toThrow(/Process 1 on host elsewhere .*delete ".*lock-1"/)
})

test('releases the lock if the data cannot be read, and when the store is closed', () => {
  writeFileSync(join(directory, 'journal.jsonl'), 'damaged\n')
  expect(() => new Store(directory, now)).toThrow('The data directory is damaged')
  rmSync(join(directory, 'journal.jsonl'))
  const store = new Store(directory, now)
  expect(() => new Store(directory, now)).toThrow('is in use')
  store.close()
  new Store(directory, now).close()
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
