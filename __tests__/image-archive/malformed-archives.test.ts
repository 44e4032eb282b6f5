import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActionError } from '../../src/runner/errors.js'
import { malformedArchives } from '../helpers/malformed-archives.js'
import { openArchive } from '../helpers/read-archive.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'malformed-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const foundWhenOpened = malformedArchives.filter((archive) => archive.foundWhile === undefined)
const foundWhenPushed = malformedArchives.filter((archive) => archive.foundWhile === 'pushing')

const open = (path: string): ReturnType<typeof openArchive> =>
  openArchive(path, {
    temporaryDirectory: () => mkdtemp(join(directory, 'decompressed-')),
    signal: new AbortController().signal
  })

test('has at least sixty malformed archives with unique names', () => {
  expect(foundWhenOpened.length).toBeGreaterThanOrEqual(60)
  expect(new Set(malformedArchives.map((archive) => archive.name)).size).toBe(
    malformedArchives.length
  )
})

/** The beginning of a sentence with a fix. */
const FIX =
  /\. (?:(?:If .*, |With skopeo, )?[Uu]se|Build|Check|Compress|Create|Decompress|Load|Save|Set|Split) /

test.each(foundWhenOpened)('rejects $name with one clear error', async ({ build, message }) => {
  const path = await build(directory)
  const before = await readdir(directory)
  const error: unknown = await open(path).then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  expect(error).toBeInstanceOf(ActionError)
  expect((error as ActionError).message).toMatch(message)
  expect((error as ActionError).message).toMatch(FIX)
  expect((error as ActionError).message).not.toContain('\n')
  for (const name of await readdir(directory)) {
    // The decompressed file has been deleted.
    if (!before.includes(name)) await expect(readdir(join(directory, name))).resolves.toEqual([])
  }
})

test.each(foundWhenPushed)('opens $name, because layers are not read', async ({ build }) => {
  const contents = await open(await build(directory))
  await contents.close()
  expect(contents.tags).toEqual(['1'])
})
