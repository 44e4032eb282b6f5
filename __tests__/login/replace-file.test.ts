import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { listTemporaryFiles, replaceFile } from '../../src/login/replace-file.js'
import { temporaryDirectory } from './temporary-directory.js'

const OPTIONS = { mode: 0o600, flush: false }

async function setUp(): Promise<string> {
  return join(await temporaryDirectory(), 'config.json')
}

describe('replaceFile', () => {
  test.each([0o600, 0o640, 0o400])('creates and replaces a file with mode %o', async (mode) => {
    const file = await setUp()
    for (const text of ['first', 'second']) {
      await replaceFile(file, text, { mode, flush: true })
      expect(await readFile(file, 'utf8')).toBe(text)
      expect((await stat(file)).mode & 0o777).toBe(mode)
    }
    expect(await readdir(dirname(file))).toEqual(['config.json'])
  })

  test('keeps the owner if the user is allowed to set it', async () => {
    const file = await setUp()
    const own = process.getuid?.() ?? 0
    await replaceFile(file, 'x', { ...OPTIONS, owner: { uid: 1, gid: 1 } })
    expect((await stat(file)).uid).toBe(own === 0 ? 1 : own)
  })

  test('deletes its temporary file if the file cannot be replaced', async () => {
    const file = await setUp()
    await mkdir(file)
    await writeFile(join(file, 'inside'), 'kept')
    await expect(replaceFile(file, 'x', OPTIONS)).rejects.toMatchObject({ syscall: 'rename' })
    expect(await readdir(dirname(file))).toEqual(['config.json'])
    expect(await readdir(file)).toEqual(['inside'])
  })

  test('reports the error of a directory that does not exist', async () => {
    const file = join(await setUp(), 'config.json')
    await expect(replaceFile(file, 'x', OPTIONS)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('listTemporaryFiles', () => {
  test('lists the temporary files of this file only', async () => {
    const file = await setUp()
    const names = [
      '.config.json.ecr-public-1',
      '.auth.json.ecr-public-1',
      'config.json.ecr-public-1',
      '.config.json',
      'x.config.json.ecr-public-1'
    ]
    for (const name of names) await writeFile(join(dirname(file), name), '')
    expect(await listTemporaryFiles(file)).toEqual([join(dirname(file), names[0]!)])
  })

  test('returns an empty list if the directory does not exist', async () => {
    expect(await listTemporaryFiles(join(await setUp(), 'config.json'))).toEqual([])
  })
})
