import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, opendir, rename, rm, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isSha256Digest, sha256Digest } from '../oci/digest.js'
import { MAX_MANIFEST_BYTES, parseManifest } from '../oci/manifest.js'
import type { Deps, Log, Registry, ServedManifest } from '../runner/deps.js'
import { messageOf, problem } from '../runner/errors.js'
import { makeDirectory } from '../runner/make-directory.js'

/** Manifests by digest, in a directory that can be kept from run to run. */
export interface ManifestCache {
  /** Returns the manifest with this digest, or `undefined` if the cache does not have an entry with these bytes. */
  find(digest: string): Promise<ServedManifest | undefined>
  /** Stores a manifest. An error is logged and does not fail the step. */
  save(manifest: ServedManifest): Promise<void>
  /**
   * Deletes the entries that no run has used for 30 days, such as the ones of deleted images. Entries that only another
   * job uses are kept, so several jobs can share one cache.
   */
  prune(): Promise<void>
}

const DAY_MS = 24 * 60 * 60 * 1000

/** The time after which an unused entry is deleted. Scheduled jobs run at least once a month. */
const MAX_UNUSED_MS = 30 * DAY_MS

/**
 * Opens a cache of manifests, and creates its directory if it does not exist. An entry is a file with the bytes of a
 * manifest, named by the hexadecimal digits of their SHA-256 digest. As the bytes are hashed before they are used, an
 * entry that another program wrote is either the manifest itself or ignored.
 *
 * @param directory the path of the directory. `~` is the home directory, as in the input `path` of `actions/cache`
 * @throws ActionError if the path is not a directory or if the directory cannot be created
 */
export async function openManifestCache(
  directory: string,
  { log, now, env }: Pick<Deps, 'log' | 'now' | 'env'>
): Promise<ManifestCache> {
  const home = env.HOME ?? homedir()
  const entries = await makeEntryDirectory(directory.replace(/^~(?=$|[/\\])/, () => home))
  const pathOf = (digest: string): string => join(entries, digest.slice('sha256:'.length))
  // One warning is enough: the next entry would fail for the same reason.
  const warnOnce = createWarning(log)
  return {
    find: async (digest) => {
      const bytes = isSha256Digest(digest) ? await readEntry(pathOf(digest), now()) : undefined
      if (bytes === undefined) return undefined
      if (sha256Digest(bytes) === digest && isSelfDescribing(bytes)) {
        return { bytes, digest, mediaType: '' }
      }
      log.debug(`The entry of the manifest cache is not valid and is ignored: ${pathOf(digest)}`)
      return undefined
    },
    save: async ({ bytes, digest }) => {
      if (!isSelfDescribing(bytes)) return
      try {
        await writeEntry(entries, pathOf(digest), bytes)
      } catch (error) {
        warnOnce(`The manifest cache cannot be written: ${messageOf(error)}`)
      }
    },
    prune: async () => {
      try {
        const count = await deleteUnused(entries, now().getTime() - MAX_UNUSED_MS)
        if (count > 0) log.debug(`Deleted ${count} unused entries of the manifest cache`)
      } catch (error) {
        warnOnce(`The manifest cache cannot be read: ${messageOf(error)}`)
      }
    }
  }
}

/** The name of an entry, or of a temporary file that a cancelled run left. */
const ENTRY_NAME = /^(?:[0-9a-f]{64}|\.[0-9a-f-]{36})$/

/** Deletes the entries whose last use was before a time. Returns the number of deleted entries. */
async function deleteUnused(directory: string, time: number): Promise<number> {
  let count = 0
  for await (const { name } of await opendir(directory)) {
    if (!ENTRY_NAME.test(name)) continue
    const path = join(directory, name)
    try {
      if ((await lstat(path)).mtimeMs >= time) continue
      await unlink(path)
      count++
    } catch {
      // Another job deleted it, or it is a directory.
    }
  }
  return count
}

function createWarning(log: Pick<Log, 'warning'>): (message: string) => void {
  let isLogged = false
  return (message) => {
    if (!isLogged) log.warning(message)
    isLogged = true
  }
}

/** Creates the directory of the entries. It must not be a link, since the job writes into it. */
async function makeEntryDirectory(directory: string): Promise<string> {
  const entries = join(directory, 'sha256')
  try {
    await makeDirectory(entries)
    if ((await lstat(entries)).isSymbolicLink()) throw new Error(`"${entries}" is a symbolic link`)
    return entries
  } catch (error) {
    throw problem(
      {
        what: 'The directory of input "manifest-cache" cannot be used',
        value: directory,
        reason: `${messageOf(error)}.`,
        fix: 'Use the path of a directory in which the job can write.'
      },
      error
    )
  }
}

/** Returns a registry that reads the manifests of digests from the cache first, and stores those that it reads. */
export function withManifestCache(registry: Registry, cache: ManifestCache): Registry {
  return {
    ...registry,
    findManifest: async (repository, reference, retryOptions) => {
      const cached = await cache.find(reference)
      if (cached !== undefined) return cached
      const served = await registry.findManifest(repository, reference, retryOptions)
      if (served !== undefined) await cache.save(served)
      return served
    }
  }
}

/**
 * Reads a regular file without following a link, and records the day of its use. Returns `undefined` if it is not a
 * regular file or cannot be read.
 */
async function readEntry(path: string, now: Date): Promise<Buffer | undefined> {
  // Opening a named pipe would otherwise wait for its writer. Windows does not have these flags, and ignores undefined.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  try {
    const file = await open(path, flags)
    try {
      const stats = await file.stat()
      const { size, mtimeMs } = stats
      if (!stats.isFile() || size === 0 || size > MAX_MANIFEST_BYTES) return undefined
      const bytes = Buffer.alloc(size)
      const { bytesRead } = await file.read(bytes, 0, size, 0)
      if (Math.abs(now.getTime() - mtimeMs) > DAY_MS) await recordUse(file, now)
      return bytes.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

/** Sets the time of the last use of an entry. It is not required to use the entry. */
async function recordUse(file: FileHandle, now: Date): Promise<void> {
  try {
    await file.utimes(now, now)
  } catch {
    // The directory is read-only.
  }
}

/** Writes a new file and renames it, so that another job never reads a part of an entry. */
async function writeEntry(directory: string, path: string, bytes: Buffer): Promise<void> {
  const temporary = join(directory, `.${randomUUID()}`)
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Returns whether the bytes can be read without the `Content-Type` of the response, which the cache does not keep. */
function isSelfDescribing(bytes: Buffer): boolean {
  try {
    parseManifest(bytes, 'manifest')
    return true
  } catch {
    return false
  }
}
