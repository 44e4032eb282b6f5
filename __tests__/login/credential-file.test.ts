import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  canHaveDirectory,
  checkWritable,
  findCredentialFile,
  makeDirectoryOf,
  removeDirectories,
  resolveAuthPath,
  writeCredentialFile
} from '../../src/login/credential-file.js'
import { temporaryDirectory } from './temporary-directory.js'

test('writing replaces the file as one, with its mode, and leaves nothing beside it', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'config.json')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeCredentialFile(path, 'new', 0o600, { owner: { uid: 12345, gid: 12345 } })
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['config.json'])
})

test('a mode other than 0600 is set whatever the umask says', async () => {
  const path = join(await temporaryDirectory(), 'config.json')
  const umask = process.umask(0o077)
  try {
    await writeCredentialFile(path, 'x', 0o664)
  } finally {
    process.umask(umask)
  }
  expect((await findCredentialFile(path))?.mode).toBe(0o664)
})

test('where the file cannot be replaced it is as it was, and nothing is left beside it', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'config.json')
  await mkdir(join(path, 'in the way'), { recursive: true })
  await expect(writeCredentialFile(path, 'new', 0o600)).rejects.toThrow('cannot be written')
  expect(await readdir(directory)).toEqual(['config.json'])
})

describe('symbolic links', () => {
  test('are followed, relative ones too, and to what does not exist yet', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'a'))
    await symlink('../b/config.json', join(directory, 'a', 'link'))
    await symlink(join(directory, 'a', 'link'), join(directory, 'link'))
    expect(await resolveAuthPath(join(directory, 'link'))).toBe(join(directory, 'b', 'config.json'))
  })

  test('that lead in a circle are refused', async () => {
    const directory = await temporaryDirectory()
    await symlink('y', join(directory, 'x'))
    await symlink('x', join(directory, 'y'))
    await expect(resolveAuthPath(join(directory, 'x'))).rejects.toThrow('leads in a circle')
  })
})

describe('what cannot be an credential file is refused', () => {
  test('a directory', async () => {
    await expect(findCredentialFile(await temporaryDirectory())).rejects.toThrow(
      'The credential file is no file'
    )
  })

  test('a file of a size that none has', async () => {
    const path = join(await temporaryDirectory(), 'config.json')
    await writeFile(path, Buffer.alloc(9 * 1024 * 1024, ' '))
    await expect(findCredentialFile(path)).rejects.toThrow('too large')
  })

  test('a path through a file', async () => {
    const path = join(await temporaryDirectory(), 'file')
    await writeFile(path, '')
    await expect(findCredentialFile(join(path, 'config.json'))).rejects.toThrow(
      /cannot be read.*ENOTDIR/
    )
    await expect(makeDirectoryOf(join(path, 'x', 'config.json'))).rejects.toThrow(
      'cannot be written'
    )
    expect(await canHaveDirectory(join(path, 'x'))).toBe(false)
  })

  test('a read-only file, also for root', async () => {
    const path = join(await temporaryDirectory(), 'config.json')
    await writeFile(path, '{}')
    await chmod(path, 0o444)
    const check = checkWritable(path, await findCredentialFile(path))
    await expect(check).rejects.toThrow(
      /The credential file is read-only.*config\.json.*not touched/
    )
  })
})

test('directories that were made are removed up to the topmost of them, as far as they are empty', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'a', 'b', 'c', 'config.json')
  expect(await makeDirectoryOf(path)).toBe(join(directory, 'a'))
  expect(await makeDirectoryOf(path)).toBeUndefined()
  expect((await stat(join(directory, 'a', 'b'))).mode & 0o777).toBe(0o700)
  await writeFile(join(directory, 'a', 'theirs'), '')
  await removeDirectories(path, join(directory, 'a'))
  expect(await readdir(join(directory, 'a'))).toEqual(['theirs'])
})
