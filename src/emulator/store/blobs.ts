import { createHash, randomUUID } from 'node:crypto'
import type { Hash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  linkSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import type { ReadStream } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { digestOf } from '../digest.js'
import { appendStream, batchesOf } from './append-stream.js'
import { makeDirectory } from './make-directory.js'

/** The names of the files of blobs, and of uploads and temporary files. */
const BLOB_NAME = /^sha256-[0-9a-f]{64}$/
const UPLOAD_NAME = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A file that an upload appends to, and the hash of its contents. */
interface Growing {
  readonly path: string
  /** `undefined` after a restart, until the file has been read again. */
  hash: Hash | undefined
  /** Size in bytes. */
  size: number
}

/** Blobs on disk by digest. Each one is written to a temporary file and then renamed. */
export class Blobs {
  private readonly blobs: string
  private readonly uploads: string
  private readonly growing = new Map<string, Growing>()

  /** @param directory the parent of `blobs/` and `uploads/`, created if it does not exist */
  constructor(directory: string) {
    this.blobs = join(directory, 'blobs')
    this.uploads = join(directory, 'uploads')
    makeDirectory(this.blobs)
    makeDirectory(this.uploads)
  }

  /** Returns the path of a blob. */
  path(digest: string): string {
    return join(this.blobs, digest.replace(':', '-'))
  }

  has(digest: string): boolean {
    return existsSync(this.path(digest))
  }

  /**
   * Returns a small blob, such as a manifest or a logo. It is synchronous, so that no other request can delete the blob
   * after the caller has found it in the state.
   */
  read(digest: string): Buffer {
    return readFileSync(this.path(digest))
  }

  /** Returns the bytes from `start` to `end`, both inclusive. */
  stream(digest: string, range: { start?: number; end?: number } = {}): ReadStream {
    return createReadStream(this.path(digest), range)
  }

  /** Stores a small blob and returns its digest. */
  write(bytes: Uint8Array): string {
    const digest = digestOf(bytes)
    const temporary = join(this.uploads, randomUUID())
    try {
      writeFileSync(temporary, bytes)
      renameSync(temporary, this.path(digest))
    } catch (error) {
      // On a full disk, a part of the bytes may have been written.
      rmSync(temporary, { force: true })
      throw error
    }
    return digest
  }

  delete(digest: string): void {
    rmSync(this.path(digest), { force: true })
  }

  startUpload(id: string): void {
    this.growing.set(id, { path: this.uploadPath(id), hash: createHash('sha256'), size: 0 })
    writeFileSync(this.uploadPath(id), '')
  }

  /**
   * Appends to an upload. If `source` fails, the file does not change.
   *
   * @returns the number of bytes appended
   */
  async append(id: string, source: Buffer | AsyncIterable<Buffer>): Promise<number> {
    const growing = await this.open(id)
    const before = { hash: growing.hash.copy(), size: growing.size }
    const file = await open(growing.path, 'r+')
    try {
      const chunks = Buffer.isBuffer(source) ? Readable.from(batchesOf(source)) : source
      const bytes = await appendStream(file, growing.size, growing.hash, chunks)
      growing.size += bytes
      return bytes
    } catch (error) {
      Object.assign(growing, before)
      await file.truncate(before.size)
      throw error
    } finally {
      await file.close()
    }
  }

  /** Removes the bytes of an upload after its first `size` bytes. */
  truncateUpload(id: string, size: number): void {
    // The next use truncates the file and reads it again.
    Object.assign(this.growing.get(id) ?? {}, { hash: undefined, size })
  }

  /** Returns the digest of the bytes that were uploaded so far. */
  async uploadDigest(id: string): Promise<string> {
    const { hash } = await this.open(id)
    return `sha256:${hash.copy().digest('hex')}`
  }

  /**
   * Stores an upload as a blob without reading it again. The upload is kept until `deleteUpload`,
   * so that a crash before the journal contains the blob loses no data.
   */
  finishUpload(id: string, digest: string): void {
    const [from, to] = [this.uploadPath(id), this.path(digest)]
    if (existsSync(to)) return
    try {
      linkSync(from, to)
    } catch {
      // The file system does not support hard links.
      renameSync(from, to)
    }
  }

  deleteUpload(id: string): void {
    this.growing.delete(id)
    rmSync(this.uploadPath(id), { force: true })
  }

  /**
   * Restores the state after a restart: truncates uploads to the acknowledged size and deletes
   * unused files. Files with other names belong to another program and are kept.
   *
   * @param uploads the acknowledged size of each upload in bytes, by ID
   */
  recover(isUsed: (digest: string) => boolean, uploads: ReadonlyMap<string, number>): void {
    for (const name of listNames(this.blobs, BLOB_NAME)) {
      if (!isUsed(name.replace('-', ':'))) rmSync(join(this.blobs, name), { force: true })
    }
    for (const name of listNames(this.uploads, UPLOAD_NAME)) {
      const size = uploads.get(name)
      if (size === undefined) {
        rmSync(join(this.uploads, name), { force: true })
        continue
      }
      truncateSync(this.uploadPath(name), size)
      this.growing.set(name, { path: this.uploadPath(name), hash: undefined, size })
    }
  }

  private uploadPath(id: string): string {
    return join(this.uploads, id)
  }

  private async open(id: string): Promise<Growing & { hash: Hash }> {
    const growing = this.growing.get(id)
    if (growing === undefined) throw new Error(`The upload ${id} is not on disk`)
    if (growing.hash === undefined) {
      const hash = createHash('sha256')
      await truncate(growing.path, growing.size)
      for await (const chunk of createReadStream(growing.path)) hash.update(chunk as Buffer)
      growing.hash = hash
    }
    return growing as Growing & { hash: Hash }
  }
}

function listNames(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory).filter((name) => pattern.test(name))
}
