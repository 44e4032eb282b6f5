import { jest } from '@jest/globals'
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { withFileLock } from '../../src/login/file-lock.js'
import type { LockDeps } from '../../src/login/file-lock.js'
import { temporaryDirectory } from './temporary-directory.js'

const deps: LockDeps = { sleep: () => setImmediate(), random: () => 0.5 }

/** Runs bodies under the lock. Returns the maximum number of bodies that ran at the same time. */
async function maxConcurrency(lock: string, count: number): Promise<number> {
  let running = 0
  let max = 0
  const bodies = Array.from({ length: count }, () =>
    withFileLock(lock, deps, async () => {
      max = Math.max(max, ++running)
      await setImmediate()
      running--
    })
  )
  await Promise.all(bodies)
  return max
}

test('runs bodies one at a time and deletes the lock file', async () => {
  const directory = await temporaryDirectory()
  const lock = join(directory, 'lock')
  expect(await maxConcurrency(lock, 30)).toBe(1)
  expect(await readdir(directory)).toEqual([])
})

test('releases the lock if the body fails', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await expect(withFileLock(lock, deps, () => Promise.reject(new Error('failed')))).rejects.toThrow(
    'failed'
  )
  await expect(withFileLock(lock, deps, () => Promise.resolve('next'))).resolves.toBe('next')
})

test('creates the directory of the lock if another process deleted it', async () => {
  const directory = join(await temporaryDirectory(), 'gone')
  await withFileLock(join(directory, 'lock'), deps, async () => {
    expect(await readdir(directory)).toEqual(['lock'])
  })
})

test('removes the lock of a process that does not exist anymore, for one waiting process only', async () => {
  const directory = await temporaryDirectory()
  const lock = join(directory, 'lock')
  const pidNamespace = await withFileLock(lock, deps, async () => {
    const holder = JSON.parse(await readFile(lock, 'utf8')) as { pidNamespace: string }
    return holder.pidNamespace
  })
  await writeFile(lock, JSON.stringify({ id: 'dead', pid: 2 ** 22 + 1, pidNamespace }))
  expect(await maxConcurrency(lock, 20)).toBe(1)
  expect(await readdir(directory)).toEqual([])
})

test('removes an old lock of another machine, and an old lock without content', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  const past = new Date(Date.now() - 60_000)
  for (const content of [
    JSON.stringify({ id: 'x', pid: 1, pidNamespace: `not-${hostname()}` }),
    ''
  ]) {
    await writeFile(lock, content)
    await utimes(lock, past, past)
    await writeFile(`${lock}.stale`, '')
    await utimes(`${lock}.stale`, past, past)
    await expect(withFileLock(lock, deps, () => Promise.resolve('in'))).resolves.toBe('in')
  }
})

test('waits while another process removes an old lock', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  const past = new Date(Date.now() - 60_000)
  await writeFile(lock, '')
  await utimes(lock, past, past)
  await writeFile(`${lock}.stale`, '')
  const sleep = jest.fn(async () => {
    await rm(lock)
    await rm(`${lock}.stale`)
  })
  await expect(withFileLock(lock, { ...deps, sleep }, () => Promise.resolve('in'))).resolves.toBe(
    'in'
  )
  expect(sleep).toHaveBeenCalledTimes(1)
})

test('does not release a lock that another process acquired', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await withFileLock(lock, deps, () => writeFile(lock, JSON.stringify({ id: 'other' })))
  expect(await readFile(lock, 'utf8')).toContain('other')
})

test('fails after 90 seconds with the path of the lock file to delete', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await writeFile(lock, JSON.stringify({ id: 'x', pid: 1, pidNamespace: 'another machine' }))
  const late = process.uptime() + 100
  const clock = jest.spyOn(process, 'uptime')
  const sleep = (): Promise<void> => {
    clock.mockReturnValue(late)
    return Promise.resolve()
  }
  await expect(withFileLock(lock, { ...deps, sleep }, () => Promise.resolve())).rejects.toThrow(
    /keeps the credential file locked.*lock.*delete this lock file/
  )
  clock.mockRestore()
})
