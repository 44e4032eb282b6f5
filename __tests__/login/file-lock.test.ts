import { jest } from '@jest/globals'
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { withFileLock } from '../../src/login/file-lock.js'
import type { LockDeps } from '../../src/login/file-lock.js'
import { temporaryDirectory } from './temporary-directory.js'

const deps: LockDeps = { sleep: () => setImmediate(), random: () => 0.5 }

test('bodies under one lock never run at the same time, and the lock is gone in the end', async () => {
  const directory = await temporaryDirectory()
  const lock = join(directory, 'lock')
  let running = 0
  let most = 0
  const bodies = Array.from({ length: 30 }, () =>
    withFileLock(lock, deps, async () => {
      most = Math.max(most, ++running)
      await setImmediate()
      running--
    })
  )
  await Promise.all(bodies)
  expect(most).toBe(1)
  expect(await readdir(directory)).toEqual([])
})

test('a body that fails releases the lock', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await expect(withFileLock(lock, deps, () => Promise.reject(new Error('failed')))).rejects.toThrow(
    'failed'
  )
  await expect(withFileLock(lock, deps, () => Promise.resolve('next'))).resolves.toBe('next')
})

test('the directory of the lock is made where another process has just removed it', async () => {
  const directory = join(await temporaryDirectory(), 'gone')
  await withFileLock(join(directory, 'lock'), deps, async () => {
    expect(await readdir(directory)).toEqual(['lock'])
  })
})

test('a lock of a process that is no more is taken over by one of those who wait', async () => {
  const directory = await temporaryDirectory()
  const lock = join(directory, 'lock')
  // The pid namespace of the lock is the one of this process.
  const place = await withFileLock(lock, deps, async () => {
    const holder = JSON.parse(await readFile(lock, 'utf8')) as { place: string }
    return holder.place
  })
  await writeFile(lock, JSON.stringify({ id: 'dead', pid: 2 ** 22 + 1, place }))
  let running = 0
  let most = 0
  const bodies = Array.from({ length: 20 }, () =>
    withFileLock(lock, deps, async () => {
      most = Math.max(most, ++running)
      await setImmediate()
      running--
    })
  )
  await Promise.all(bodies)
  expect(most).toBe(1)
  expect(await readdir(directory)).toEqual([])
})

test('a lock of another machine, or one that was never written, is taken over when it is old', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  const past = new Date(Date.now() - 60_000)
  for (const content of [JSON.stringify({ id: 'x', pid: 1, place: `not-${hostname()}` }), '']) {
    await writeFile(lock, content)
    await utimes(lock, past, past)
    await writeFile(`${lock}.stale`, '')
    await utimes(`${lock}.stale`, past, past)
    await expect(withFileLock(lock, deps, () => Promise.resolve('in'))).resolves.toBe('in')
  }
})

test('whoever finds that another process is about to take an old lock away waits for it', async () => {
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

test('a lock that its owner lost is not released for the new owner', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await withFileLock(lock, deps, () => writeFile(lock, JSON.stringify({ id: 'other' })))
  expect(await readFile(lock, 'utf8')).toContain('other')
})

test('whoever waits too long is told which file to delete', async () => {
  const lock = join(await temporaryDirectory(), 'lock')
  await writeFile(lock, JSON.stringify({ id: 'x', pid: 1, place: 'elsewhere' }))
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
