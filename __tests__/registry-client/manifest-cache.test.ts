import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { openManifestCache, withManifestCache } from '../../src/registry-client/manifest-cache.js'
import type { Registry, ServedManifest } from '../../src/runner/deps.js'
import { makeDeps } from '../helpers/make-deps.js'

const bytesOf = (name: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [],
      annotations: { name }
    })
  )

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'manifest-cache-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Opens the cache and a registry that serves the manifests with these names. `reads` are the reads of the registry. */
async function open(...names: string[]) {
  return openAt(directory, {}, ...names)
}

async function openAt(path: string, env: Readonly<Record<string, string>>, ...names: string[]) {
  const { log, lines } = makeDeps({ env: {} })
  const now = (): Date => NOW
  const served = new Map<string, ServedManifest>()
  for (const name of names) {
    const bytes = bytesOf(name)
    const digest = sha256Digest(bytes)
    served.set(digest, { bytes, digest, mediaType: MEDIA_TYPES.ociIndex })
  }
  const reads: string[] = []
  const registry = {
    findManifest: (_: string, reference: string) => {
      reads.push(reference)
      return Promise.resolve(served.get(reference))
    }
  } as Partial<Registry> as Registry
  const cache = await openManifestCache(path, { log, now, env })
  return { registry: withManifestCache(registry, cache), cache, reads, lines }
}

const NOW = new Date('2026-06-01T00:00:00Z')

/** Sets the time of the last use of an entry. */
async function setLastUse(name: string, days: number): Promise<void> {
  const time = new Date(NOW.getTime() - days * 86_400_000)
  await utimes(entryOf(name), time, time)
}

const digestOf = (name: string): string => sha256Digest(bytesOf(name))
const entryOf = (name: string): string =>
  join(directory, 'sha256', digestOf(name).slice('sha256:'.length))

/** Fills the cache with the manifest `a`. */
async function fill(): Promise<void> {
  const { registry } = await open('a')
  await registry.findManifest('x/app', digestOf('a'))
}

describe('the manifest cache', () => {
  test('stores the bytes of a manifest by digest, and the next run does not read it again', async () => {
    await fill()
    expect(await readdir(join(directory, 'sha256'))).toEqual([digestOf('a').slice(7)])
    expect(await readFile(entryOf('a'))).toEqual(bytesOf('a'))
    const { registry, reads } = await open('a', 'b')
    expect((await registry.findManifest('x/app', digestOf('a')))?.bytes).toEqual(bytesOf('a'))
    await registry.findManifest('x/app', digestOf('b'))
    expect(reads).toEqual([digestOf('b')])
  })

  test('is in the home directory for a path with ~, as actions/cache restores it', async () => {
    const { registry } = await openAt('~/cache', { HOME: directory }, 'a')
    const digest = sha256Digest(bytesOf('a'))
    await registry.findManifest('alias/app', digest)
    expect(await readdir(join(directory, 'cache', 'sha256'))).toEqual([digest.slice(7)])
  })

  test('does not store what the registry does not have, and reads tags from the registry', async () => {
    const { registry, reads } = await open('a')
    expect(await registry.findManifest('x/app', digestOf('b'))).toBeUndefined()
    await registry.findManifest('x/app', 'latest')
    expect(reads).toEqual([digestOf('b'), 'latest'])
    expect(await readdir(join(directory, 'sha256'))).toEqual([])
  })

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['the bytes of another manifest', (path) => writeFile(path, bytesOf('b'))],
    ['no bytes', (path) => truncate(path, 0)],
    ['a part of its bytes', (path) => truncate(path, 20)],
    ['more bytes', (path) => writeFile(path, Buffer.concat([bytesOf('a'), Buffer.from('\n')]))],
    ['an entry of another version', (path) => writeFile(path, '{"version":2,"children":[]}')],
    ['more bytes than a manifest can have', (path) => truncate(path, 5_000_000)],
    [
      'a directory',
      async (path) => {
        await rm(path)
        await mkdir(path)
      }
    ],
    [
      'a link to the manifest',
      async (path) => {
        await rm(path)
        await writeFile(join(directory, 'other'), bytesOf('a'))
        await symlink(join(directory, 'other'), path)
      }
    ],
    [
      'a link to a device',
      async (path) => {
        await rm(path)
        await symlink('/dev/zero', path)
      }
    ],
    [
      'a named pipe',
      async (path) => {
        await rm(path)
        execFileSync('mkfifo', [path])
      }
    ]
  ])('ignores an entry that is %s, and reads the manifest from the registry', async (_, damage) => {
    await fill()
    await damage(entryOf('a'))
    const { registry, reads, lines } = await open('a')
    expect((await registry.findManifest('x/app', digestOf('a')))?.bytes).toEqual(bytesOf('a'))
    expect(reads).toEqual([digestOf('a')])
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
  })

  test('replaces a damaged entry', async () => {
    await fill()
    await writeFile(entryOf('a'), 'damaged')
    await fill()
    expect(await readFile(entryOf('a'))).toEqual(bytesOf('a'))
  })

  test('replaces a link without writing to its target', async () => {
    await mkdir(join(directory, 'sha256'))
    const target = join(directory, 'target')
    await writeFile(target, 'precious')
    await symlink(target, entryOf('a'))
    await fill()
    expect(await readFile(target, 'utf8')).toBe('precious')
    expect(await readFile(entryOf('a'))).toEqual(bytesOf('a'))
  })

  test('can be shared by two jobs that write the same manifests', async () => {
    const jobs = await Promise.all([open('a', 'b'), open('a', 'b')])
    const read = (name: string) =>
      Promise.all(jobs.map(({ registry }) => registry.findManifest('x/app', digestOf(name))))
    await Promise.all([read('a'), read('b')])
    expect((await readdir(join(directory, 'sha256'))).sort()).toEqual(
      [digestOf('a').slice(7), digestOf('b').slice(7)].sort()
    )
    expect(await readFile(entryOf('b'))).toEqual(bytesOf('b'))
  })

  test('deletes the entries that no run has used for 30 days, and what cancelled runs left', async () => {
    const { registry, cache } = await open('a', 'b', 'c')
    for (const name of ['a', 'b', 'c']) await registry.findManifest('x/app', digestOf(name))
    const leftover = join(directory, 'sha256', `.${randomUUID()}`)
    const other = join(directory, 'sha256', 'README')
    for (const path of [leftover, other]) await writeFile(path, '')
    await setLastUse('a', 29)
    for (const name of ['b', 'c']) await setLastUse(name, 31)
    for (const path of [leftover, other]) await utimes(path, 0, 0)
    // The second use of an entry counts.
    await registry.findManifest('x/app', digestOf('c'))
    await cache.prune()
    expect((await readdir(join(directory, 'sha256'))).sort()).toEqual(
      [digestOf('a').slice(7), digestOf('c').slice(7), 'README'].sort()
    )
  })

  test('keeps the entries of another job that shares it', async () => {
    const one = await open('a')
    const other = await open('b')
    await one.registry.findManifest('x/app', digestOf('a'))
    await other.registry.findManifest('y/app', digestOf('b'))
    await Promise.all([one.cache.prune(), other.cache.prune()])
    const again = await open('a', 'b')
    await again.registry.findManifest('x/app', digestOf('a'))
    await again.registry.findManifest('y/app', digestOf('b'))
    expect(again.reads).toEqual([])
  })

  test('can be pruned by two jobs at the same time', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `image-${String(at)}`)
    const { registry, cache, lines } = await open(...names)
    for (const name of names) {
      await registry.findManifest('x/app', digestOf(name))
      await setLastUse(name, 31)
    }
    const other = await open()
    await Promise.all([cache.prune(), other.cache.prune()])
    expect(await readdir(join(directory, 'sha256'))).toEqual([])
    expect([...lines, ...other.lines].filter((line) => !line.startsWith('debug'))).toEqual([])
  })

  test('does not fail if its directory is missing when it is pruned', async () => {
    const { cache, lines } = await open()
    await rm(join(directory, 'sha256'), { recursive: true })
    await cache.prune()
    expect(lines).toEqual([expect.stringMatching(/^warning: The manifest cache cannot be read/)])
  })

  test('does not store a manifest that only its Content-Type identifies', async () => {
    const { cache } = await open()
    const bytes = Buffer.from('{"schemaVersion":2}')
    await cache.save({ bytes, digest: sha256Digest(bytes), mediaType: MEDIA_TYPES.ociIndex })
    expect(await readdir(join(directory, 'sha256'))).toEqual([])
  })

  test('warns once if it cannot be written, and continues', async () => {
    const { registry, lines } = await open('a', 'b')
    await rm(join(directory, 'sha256'), { recursive: true })
    await registry.findManifest('x/app', digestOf('a'))
    await registry.findManifest('x/app', digestOf('b'))
    expect(lines).toEqual([expect.stringMatching(/^warning: The manifest cache cannot be written/)])
  })

  test.each<[string, () => Promise<unknown>]>([
    ['is a file', () => writeFile(directory, '')],
    ['contains a file instead of its directory', () => writeFile(join(directory, 'sha256'), '')],
    ['contains a link', () => symlink(tmpdir(), join(directory, 'sha256'))]
  ])('rejects a path that %s', async (name, prepare) => {
    if (name === 'is a file') await rm(directory, { recursive: true })
    await prepare()
    await expect(open('a')).rejects.toThrow(
      `The directory of input "manifest-cache" cannot be used: "${directory}".`
    )
    await chmod(directory, 0o700)
  })
})
