import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  canHaveDirectory,
  checkWritable,
  findCredentialFile,
  makeDirectoryOf,
  removeDirectories,
  resolveCredentialPath,
  writeCredentialFile
} from '../../src/login/credential-file.js'
import { temporaryDirectory } from './temporary-directory.js'

test('writeCredentialFile replaces the file, sets the mode and does not create other files', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'config.json')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeCredentialFile(path, 'new', 0o600, { uid: 12345, gid: 12345 })
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['config.json'])
})

test('writeCredentialFile sets the mode regardless of the umask', async () => {
  const path = join(await temporaryDirectory(), 'config.json')
  const umask = process.umask(0o077)
  try {
    await writeCredentialFile(path, 'x', 0o664)
  } finally {
    process.umask(umask)
  }
  expect((await findCredentialFile(path))?.mode).toBe(0o664)
})

test('writeCredentialFile keeps the old file and deletes the temporary file if the rename fails', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'config.json')
  await mkdir(join(path, 'directory'), { recursive: true })
  await expect(writeCredentialFile(path, 'new', 0o600)).rejects.toThrow('cannot be written')
  expect(await readdir(directory)).toEqual(['config.json'])
})

describe('resolveCredentialPath', () => {
  test('follows absolute and relative links, including links to a missing file', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'a'))
    await symlink('../b/config.json', join(directory, 'a', 'link'))
    await symlink(join(directory, 'a', 'link'), join(directory, 'link'))
    expect(await resolveCredentialPath(join(directory, 'link'))).toBe(
      join(directory, 'b', 'config.json')
    )
  })

  test('follows a relative link from the directory that contains it', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'dotfiles', 'docker'), { recursive: true })
    await symlink('dotfiles/docker', join(directory, '.docker'))
    await symlink('../secret.json', join(directory, 'dotfiles', 'docker', 'config.json'))
    expect(await resolveCredentialPath(join(directory, '.docker', 'config.json'))).toBe(
      join(directory, 'dotfiles', 'secret.json')
    )
  })

  test('follows links of directories, also if the file and its directory do not exist', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'real'))
    await symlink('real', join(directory, 'home'))
    expect(await resolveCredentialPath(join(directory, 'home', '.docker', 'config.json'))).toBe(
      join(directory, 'real', '.docker', 'config.json')
    )
  })

  test('rejects a cycle of links', async () => {
    const directory = await temporaryDirectory()
    await symlink('y', join(directory, 'x'))
    await symlink('x', join(directory, 'y'))
    await expect(resolveCredentialPath(join(directory, 'x'))).rejects.toThrow(
      'is a cycle of symbolic links'
    )
  })
})

describe('unusable credential files', () => {
  test('rejects a directory', async () => {
    await expect(findCredentialFile(await temporaryDirectory())).rejects.toThrow(
      'The credential file is not a regular file'
    )
  })

  test('rejects a file of more than 8 MiB', async () => {
    const path = join(await temporaryDirectory(), 'config.json')
    await writeFile(path, Buffer.alloc(9 * 1024 * 1024, ' '))
    await expect(findCredentialFile(path)).rejects.toThrow('too large')
  })

  test('rejects a file that is not UTF-8, whose other bytes a change would replace', async () => {
    const path = join(await temporaryDirectory(), 'config.json')
    await writeFile(path, Buffer.from('{"a": "\xff"}', 'latin1'))
    await expect(findCredentialFile(path)).rejects.toThrow(
      /The credential file is not UTF-8 text: ".*config\.json"\. The file was not changed\./
    )
  })

  test('rejects a path below a file', async () => {
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

  test('rejects a read-only file, also for root', async () => {
    const path = join(await temporaryDirectory(), 'config.json')
    await writeFile(path, '{}')
    await chmod(path, 0o444)
    const check = checkWritable(path, await findCredentialFile(path))
    await expect(check).rejects.toThrow(
      /The credential file is read-only.*config\.json.*not changed/
    )
  })
})

test('removeDirectories deletes the empty directories that makeDirectoryOf created', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'a', 'b', 'c', 'config.json')
  expect(await makeDirectoryOf(path)).toBe(join(directory, 'a'))
  expect(await makeDirectoryOf(path)).toBeUndefined()
  expect((await stat(join(directory, 'a', 'b'))).mode & 0o777).toBe(0o700)
  await writeFile(join(directory, 'a', 'other-file'), '')
  await removeDirectories(path, join(directory, 'a'))
  expect(await readdir(join(directory, 'a'))).toEqual(['other-file'])
})
