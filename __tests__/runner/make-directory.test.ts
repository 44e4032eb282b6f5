import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDirectory } from '../../src/runner/make-directory.js'

let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'make-directory-'))
})

afterEach(() => rm(base, { recursive: true, force: true }))

test('creates all missing directories with the mode, and returns the topmost one', async () => {
  const path = join(base, 'a', 'b', 'c')
  expect(await makeDirectory(path, 0o700)).toBe(join(base, 'a'))
  for (const directory of [join(base, 'a'), path]) {
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
  }
  expect(await makeDirectory(path)).toBeUndefined()
  expect(await makeDirectory(join(path, 'd'))).toBe(join(path, 'd'))
})

test('accepts a link to a directory', async () => {
  await symlink(base, join(base, 'link'))
  expect(await makeDirectory(join(base, 'link'))).toBeUndefined()
})

test('rejects the path of a file, and a path below a file', async () => {
  const file = join(base, 'file')
  await writeFile(file, '')
  await expect(makeDirectory(file)).rejects.toThrow('EEXIST')
  await expect(makeDirectory(join(file, 'x'))).rejects.toThrow('ENOTDIR')
})

test('creates the same directories in parallel', async () => {
  const path = join(base, 'a', 'b', 'c', 'd')
  const made = await Promise.all(Array.from({ length: 20 }, () => makeDirectory(path)))
  expect(made).toContain(join(base, 'a'))
  expect((await stat(path)).isDirectory()).toBe(true)
})

// procfs rejects new directories with ENOENT, although the parent directory exists.
const onLinux = process.platform === 'linux' ? test : test.skip
onLinux('fails if the file system rejects new directories', async () => {
  await expect(makeDirectory('/proc/nothing/a/b')).rejects.toThrow('ENOENT')
})
