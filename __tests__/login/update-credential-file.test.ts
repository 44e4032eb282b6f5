import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { updateCredentialFile } from '../../src/login/update-credential-file.js'
import { temporaryDirectory } from './temporary-directory.js'

async function setUp(text?: string): Promise<string> {
  const file = join(await temporaryDirectory(), 'config.json')
  if (text !== undefined) await writeFile(file, text)
  return file
}

test('replaces the file with the new text and mode', async () => {
  const file = await setUp('old')
  await chmod(file, 0o644)
  await updateCredentialFile(file, (old) =>
    Promise.resolve({ text: `${String(old?.text)} and new`, mode: 0o600 })
  )
  expect(await readFile(file, 'utf8')).toBe('old and new')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('does not write the file if the change returns undefined', async () => {
  const file = await setUp('old')
  const { ino } = await stat(file)
  await updateCredentialFile(file, () => Promise.resolve(undefined))
  expect((await stat(file)).ino).toBe(ino)
})

test('deletes the file if the new text is null', async () => {
  const file = await setUp('old')
  await updateCredentialFile(file, () => Promise.resolve({ text: null, mode: 0o600 }))
  expect(await readdir(dirname(file))).toEqual([])
})

describe('if another program changes the file between reading and writing', () => {
  /** Runs an update during which another program acts once. Returns the texts that the update received. */
  async function updateDuring(
    file: string,
    act: () => Promise<void>,
    next: (old: string) => string | null
  ): Promise<(string | undefined)[]> {
    const seen: (string | undefined)[] = []
    await updateCredentialFile(file, async (old) => {
      if (seen.push(old?.text) === 1) await act()
      return { text: next(old?.text ?? ''), mode: 0o600 }
    })
    return seen
  }

  test.each([
    ['replaces it', 'old', 'theirs'],
    ['creates it', undefined, 'theirs'],
    ['empties it', 'old', '']
  ])('and %s, keeps the change of the other program', async (_name, before, theirs) => {
    const file = await setUp(before)
    const seen = await updateDuring(
      file,
      () => writeFile(file, theirs),
      (old) => `${old}+ours`
    )
    expect(seen).toEqual([before, theirs])
    expect(await readFile(file, 'utf8')).toBe(`${theirs}+ours`)
  })

  test('and deletes it, creates a new file', async () => {
    const file = await setUp('old')
    const seen = await updateDuring(
      file,
      () => rm(file),
      (old) => `${old}+ours`
    )
    expect(seen).toEqual(['old', undefined])
    expect(await readFile(file, 'utf8')).toBe('+ours')
  })

  test('does not delete the new content', async () => {
    const file = await setUp('old')
    await updateDuring(
      file,
      () => writeFile(file, 'theirs'),
      (old) => (old === 'old' ? null : old)
    )
    expect(await readFile(file, 'utf8')).toBe('theirs')
  })

  test('fails after 20 attempts and keeps the last content', async () => {
    const file = await setUp('0')
    let attempts = 0
    const update = updateCredentialFile(file, async () => {
      await writeFile(file, String(++attempts))
      return { text: 'ours', mode: 0o600 }
    })
    await expect(update).rejects.toThrow(
      `Another program keeps changing the credential file: "${file}". Set DOCKER_CONFIG to a separate directory for each job.`
    )
    expect(attempts).toBe(20)
    expect(await readFile(file, 'utf8')).toBe('20')
  })
})
