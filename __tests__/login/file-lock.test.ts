import { jest } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
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

test('creates the directories of the lock, for the owner only, if another process deleted them', async () => {
  const parent = join(await temporaryDirectory(), 'gone')
  const directory = join(parent, 'gone')
  await withFileLock(join(directory, 'lock'), deps, async () => {
    expect(await readdir(directory)).toEqual(['lock'])
    for (const path of [parent, directory]) expect((await stat(path)).mode & 0o777).toBe(0o700)
  })
})

test('fails at once if the lock file cannot be created', async () => {
  const lock = join(await temporaryDirectory(), 'x'.repeat(300))
  const sleep = jest.fn(() => rm(lock, { force: true }))
  await expect(
    withFileLock(lock, { ...deps, sleep }, () => Promise.resolve())
  ).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  expect(sleep).not.toHaveBeenCalled()
})

describe('withFileLock beside another process', () => {
  const DEAD_PID = 2 ** 22 + 1
  const ended = Object.assign(new Error('no such process'), { code: 'ESRCH' })
  afterEach(() => jest.restoreAllMocks())

  async function holderOf(lock: string): Promise<{ readonly pidNamespace: string }> {
    return JSON.parse(await readFile(lock, 'utf8')) as { pidNamespace: string }
  }

  /** Creates a lock of this machine. The waiting process deletes it when it sleeps, if it is still the same. */
  async function createLock(pid: number) {
    const lock = join(await temporaryDirectory(), 'lock')
    const { pidNamespace } = await withFileLock(lock, deps, () => holderOf(lock))
    const text = JSON.stringify({ id: 'other', pid, pidNamespace })
    await writeFile(lock, text)
    const sleep = jest.fn(async () => {
      expect(await readFile(lock, 'utf8')).toBe(text)
      await rm(lock)
    })
    return { lock, text, pidNamespace, sleep }
  }

  test.each<[string, Error | undefined]>([
    ['runs', undefined],
    ['runs as another user', Object.assign(new Error('not permitted'), { code: 'EPERM' })]
  ])('waits for a process that %s', async (_name, error) => {
    const { lock, sleep } = await createLock(4711)
    jest.spyOn(process, 'kill').mockImplementation(() => {
      if (error !== undefined) throw error
      return true
    })
    await withFileLock(lock, { ...deps, sleep }, () => Promise.resolve())
    expect(sleep).toHaveBeenCalledTimes(1)
  })

  test('waits for a process that acquired the lock while a stale lock was removed', async () => {
    const { lock, text, pidNamespace, sleep } = await createLock(process.pid)
    await writeFile(lock, JSON.stringify({ id: 'dead', pid: DEAD_PID, pidNamespace }))
    jest.spyOn(process, 'kill').mockImplementation((pid) => {
      if (pid !== DEAD_PID) return true
      writeFileSync(lock, text)
      throw ended
    })
    await withFileLock(lock, { ...deps, sleep }, () => Promise.resolve())
    expect(sleep).toHaveBeenCalledTimes(1)
  })

  test('does not fail if another process removed its lock', async () => {
    const { lock } = await createLock(DEAD_PID)
    await expect(withFileLock(lock, deps, () => rm(lock))).resolves.toBeUndefined()
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
