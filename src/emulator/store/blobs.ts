import { createHash, randomUUID } from 'node:crypto'
import type { Hash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import type { ReadStream } from 'node:fs'
import { open, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { appendStream, batchesOf } from './append-stream.js'

/** A file that grows, and the digest of what is in it. */
interface Growing {
  readonly path: string
  /** `undefined` after a restart, until the file has been read once more. */
  hash: Hash | undefined
  /** What has been written of it. */
  size: number
}

/** Blobs on disk by digest, each written aside and renamed into its place when it is whole. */
export class Blobs {
  private readonly blobs: string
  private readonly uploads: string
  private readonly growing = new Map<string, Growing>()

  /** @param directory holds `blobs/` and `uploads/`, and is made if need be */
  constructor(directory: string) {
    this.blobs = join(directory, 'blobs')
    this.uploads = join(directory, 'uploads')
    mkdirSync(this.blobs, { recursive: true })
    mkdirSync(this.uploads, { recursive: true })
  }

  /** Where the bytes of a blob lie. */
  path(digest: string): string {
    return join(this.blobs, digest.replace(':', '-'))
  }

  has(digest: string): boolean {
    return existsSync(this.path(digest))
  }

  /** The bytes of a small blob, such as a manifest or a logo. */
  read(digest: string): Promise<Buffer> {
    return readFile(this.path(digest))
  }

  /** The bytes from `start` to `end`, both inclusive. */
  stream(digest: string, range: { start?: number; end?: number } = {}): ReadStream {
    return createReadStream(this.path(digest), range)
  }

  /** Stores a small blob under its digest. */
  write(bytes: Uint8Array): string {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const temporary = join(this.uploads, randomUUID())
    writeFileSync(temporary, bytes)
    renameSync(temporary, this.path(digest))
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
   * Appends to an upload. Where `source` fails half-way, the file is as it was before.
   *
   * @returns the bytes appended
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

  /** The digest of what an upload holds by now. */
  async uploadDigest(id: string): Promise<string> {
    const { hash } = await this.open(id)
    return `sha256:${hash.copy().digest('hex')}`
  }

  /**
   * Gives an upload its place among the blobs; its bytes are not read again. The upload stays until
   * `deleteUpload`, so that a crash before the journal knows of the blob loses nothing.
   */
  finishUpload(id: string, digest: string): void {
    const [from, to] = [this.uploadPath(id), this.path(digest)]
    if (existsSync(to)) return
    try {
      linkSync(from, to)
    } catch {
      // File systems without hard links.
      renameSync(from, to)
    }
  }

  deleteUpload(id: string): void {
    this.growing.delete(id)
    rmSync(this.uploadPath(id), { force: true })
  }

  /**
   * After a restart: cuts uploads to what was acknowledged and removes what nothing names.
   *
   * @param uploads the bytes acknowledged of each, by id
   */
  recover(isUsed: (digest: string) => boolean, uploads: ReadonlyMap<string, number>): void {
    for (const name of readdirSync(this.blobs)) {
      if (!isUsed(name.replace('-', ':'))) rmSync(join(this.blobs, name), { force: true })
    }
    for (const name of readdirSync(this.uploads)) {
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
    if (growing === undefined) throw new Error(`No upload ${id} on disk`)
    if (growing.hash === undefined) {
      const hash = createHash('sha256')
      await truncate(growing.path, growing.size)
      for await (const chunk of createReadStream(growing.path)) hash.update(chunk as Buffer)
      growing.hash = hash
    }
    return growing as Growing & { hash: Hash }
  }
}
