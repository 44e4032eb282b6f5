import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFile } from '../../src/login/remove-file.js'
import { temporaryDirectory } from './temporary-directory.js'

test('removeFile deletes a file, ignores a missing one, and reports every other error', async () => {
  const directory = await temporaryDirectory()
  const [file, other] = ['file', 'directory'].map((name) => join(directory, name))
  await writeFile(file!, 'x')
  await mkdir(other!)
  await removeFile(file!)
  await removeFile(file!)
  await expect(removeFile(other!)).rejects.toThrow()
  await expect(removeFile(join(other!, 'x', 'y'))).resolves.toBeUndefined()
  expect(await readdir(directory)).toEqual(['directory'])
})
