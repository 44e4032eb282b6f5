import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  canHaveFolder,
  checkWritable,
  findAuthFile,
  makeFolderOf,
  removeFolders,
  resolveAuthPath,
  writeAuthFile
} from '../../src/auth/auth-file.js'
import { temporaryFolder } from './temporary-folder.js'

test('writing replaces the file as one, with its mode, and leaves nothing beside it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'config.json')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeAuthFile(path, 'new', 0o600, { owner: { uid: 12345, gid: 12345 } })
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['config.json'])
})

test('a mode other than 0600 is set whatever the umask says', async () => {
  const path = join(await temporaryFolder(), 'config.json')
  const umask = process.umask(0o077)
  try {
    await writeAuthFile(path, 'x', 0o664)
  } finally {
    process.umask(umask)
  }
  expect((await findAuthFile(path))?.mode).toBe(0o664)
})

test('where the file cannot be replaced it is as it was, and nothing is left beside it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'config.json')
  await mkdir(join(path, 'in the way'), { recursive: true })
  await expect(writeAuthFile(path, 'new', 0o600)).rejects.toThrow('cannot be written')
  expect(await readdir(folder)).toEqual(['config.json'])
})

describe('symbolic links', () => {
  test('are followed, relative ones too, and to what does not exist yet', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a'))
    await symlink('../b/config.json', join(folder, 'a', 'link'))
    await symlink(join(folder, 'a', 'link'), join(folder, 'link'))
    expect(await resolveAuthPath(join(folder, 'link'))).toBe(join(folder, 'b', 'config.json'))
  })

  test('that lead in a circle are refused', async () => {
    const folder = await temporaryFolder()
    await symlink('y', join(folder, 'x'))
    await symlink('x', join(folder, 'y'))
    await expect(resolveAuthPath(join(folder, 'x'))).rejects.toThrow('leads in a circle')
  })
})

describe('what cannot be an auth file is refused', () => {
  test('a folder', async () => {
    await expect(findAuthFile(await temporaryFolder())).rejects.toThrow('The auth file is no file')
  })

  test('a file of a size that none has', async () => {
    const path = join(await temporaryFolder(), 'config.json')
    await writeFile(path, Buffer.alloc(9 * 1024 * 1024, ' '))
    await expect(findAuthFile(path)).rejects.toThrow('too large')
  })

  test('a path through a file', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, '')
    await expect(findAuthFile(join(path, 'config.json'))).rejects.toThrow(/cannot be read.*ENOTDIR/)
    await expect(makeFolderOf(join(path, 'x', 'config.json'))).rejects.toThrow('cannot be written')
    expect(await canHaveFolder(join(path, 'x'))).toBe(false)
  })

  test('a read-only file, also for root', async () => {
    const path = join(await temporaryFolder(), 'config.json')
    await writeFile(path, '{}')
    await chmod(path, 0o444)
    const check = checkWritable(path, await findAuthFile(path))
    await expect(check).rejects.toThrow(/The auth file is read-only.*config\.json.*not touched/)
  })
})

test('folders that were made are removed up to the topmost of them, as far as they are empty', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'a', 'b', 'c', 'config.json')
  expect(await makeFolderOf(path)).toBe(join(folder, 'a'))
  expect(await makeFolderOf(path)).toBeUndefined()
  expect((await stat(join(folder, 'a', 'b'))).mode & 0o777).toBe(0o700)
  await writeFile(join(folder, 'a', 'theirs'), '')
  await removeFolders(path, join(folder, 'a'))
  expect(await readdir(join(folder, 'a'))).toEqual(['theirs'])
})
