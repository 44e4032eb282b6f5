import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '../../src/archive/open-archive.js'
import { ActionError } from '../../src/errors.js'
import { malformedArchives } from '../helpers/malformed-archives.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'malformed-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const foundHere = malformedArchives.filter((archive) => archive.foundWhile === undefined)
const foundLater = malformedArchives.filter((archive) => archive.foundWhile === 'pushing')

const open = (path: string): ReturnType<typeof openArchive> =>
  openArchive(path, {
    temporaryFolder: () => mkdtemp(join(folder, 'unpacked-')),
    signal: new AbortController().signal
  })

test('there are at least sixty malformed archives, each with a name of its own', () => {
  expect(foundHere.length).toBeGreaterThanOrEqual(60)
  expect(new Set(malformedArchives.map((archive) => archive.name)).size).toBe(
    malformedArchives.length
  )
})

test.each(foundHere)('$name ends in one clear error', async ({ build, message }) => {
  const path = await build(folder)
  const before = await readdir(folder)
  const error: unknown = await open(path).then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  expect(error).toBeInstanceOf(ActionError)
  expect((error as ActionError).message).toMatch(message)
  expect((error as ActionError).message).not.toContain('\n')
  for (const name of await readdir(folder)) {
    // What was unpacked is gone.
    if (!before.includes(name)) await expect(readdir(join(folder, name))).resolves.toEqual([])
  }
})

test.each(foundLater)('$name can be opened: only its bytes tell', async ({ build }) => {
  const contents = await open(await build(folder))
  await contents.close()
  expect(contents.tags).toEqual(['1'])
})
