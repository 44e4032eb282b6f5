import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Blobs } from './blobs.js'
import type { LockedDirectory } from './data-lock.js'
import { applyEvent } from './events.js'
import type { StoreEvent } from './events.js'
import type { Journal } from './journal.js'
import { readContents, writeJournal } from './read-contents.js'
import { snapshotEvents } from './snapshot.js'
import { emptyState } from './state.js'
import type { State } from './state.js'

/** The contents of the store at one time. */
interface Snapshot {
  readonly events: readonly StoreEvent[]
  /** The blobs that the contents require. */
  readonly digests: ReadonlySet<string>
}

/**
 * A state that changes by events only. Every event is appended to the journal (with a data directory) and then applied
 * to the state in memory. Changes are synchronous, so that the state cannot change between a check and the change that
 * depends on it.
 */
export class EventStore {
  /** The secret key that signs page tokens and passwords. It is stored with the data. */
  readonly key: Buffer
  readonly blobs: Blobs
  protected state: State
  private readonly journal: Journal | undefined
  private readonly removeDirectory: () => void
  private readonly unlock: () => void
  private readonly snapshots = new Map<string, Snapshot>()
  private isClosed = false
  /** The events of the current transaction. */
  private pending: StoreEvent[] | undefined

  /**
   * @param directory the data directory; without it, a temporary directory that `close` deletes
   * @param now returns the current time
   * @param locked the lock of the directory; released when the store is closed or cannot be opened
   */
  constructor(
    directory: string | undefined,
    readonly now: () => Date,
    locked?: LockedDirectory
  ) {
    const root = directory ?? mkdtempSync(join(tmpdir(), 'ecr-public-emulator-'))
    this.removeDirectory =
      directory === undefined
        ? () => rmSync(root, { recursive: true, force: true })
        : () => undefined
    this.unlock = locked?.unlock ?? (() => undefined)
    try {
      const contents = readContents(root, locked?.contents)
      this.state = contents.state
      this.key = contents.key
      this.blobs = new Blobs(root)
      if (directory !== undefined) this.journal = writeJournal(root, contents)
      const uploads = new Map([...this.state.uploads].map(([id, { size }]) => [id, size]))
      this.blobs.recover((digest) => this.state.references.has(digest), uploads)
    } catch (error) {
      this.unlock()
      throw error
    }
  }

  /**
   * Runs changes as one: after an error or a crash, the store is as it was before.
   *
   * @throws the error of `change`
   */
  transaction<T>(change: () => T): T {
    if (this.pending !== undefined) return change()
    const before = stateOf(snapshotEvents(this.state))
    const pending: StoreEvent[] = []
    this.pending = pending
    let failed = true
    try {
      const result = change()
      this.journal?.append(pending)
      failed = false
      return result
    } finally {
      const after = this.state
      if (failed) this.state = before
      this.pending = undefined
      this.releaseAfter(failed ? after : before)
    }
  }

  /** Deletes all repositories, with their images and uploads, and the display name. */
  empty(): void {
    this.commit({ type: 'emptied' })
  }

  /**
   * Remembers the contents until the store is closed. Uploads in progress are not included.
   *
   * @returns the ID for `restore`
   */
  snapshot(): string {
    const id = randomUUID()
    const events = [...snapshotEvents({ ...this.state, uploads: new Map() })]
    this.snapshots.set(id, { events, digests: new Set(this.state.references.keys()) })
    return id
  }

  /** Brings the contents of a snapshot back. Returns `false` if the ID is unknown. */
  restore(id: string): boolean {
    const snapshot = this.snapshots.get(id)
    if (snapshot === undefined) return false
    this.transaction(() => {
      this.empty()
      for (const event of snapshot.events) this.commit(event)
    })
    return true
  }

  /** Closes the store. No other method can be called afterwards, except `close` again. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.journal?.close()
    this.unlock()
    this.removeDirectory()
  }

  protected commit(event: StoreEvent): void {
    if (this.pending === undefined) this.journal?.append(event)
    else this.pending.push(event)
    applyEvent(this.state, event)
  }

  /** Deletes the files of blobs and uploads that no longer exist in the state. */
  private releaseAfter({ references, uploads }: State): void {
    this.release([...references.keys(), ...this.state.references.keys()])
    for (const id of uploads.keys()) if (!this.state.uploads.has(id)) this.blobs.deleteUpload(id)
  }

  /** Deletes the files of blobs that are no longer used. */
  protected release(digests: readonly string[]): void {
    // A transaction that fails needs them again.
    if (this.pending !== undefined) return
    const snapshots = [...this.snapshots.values()]
    for (const digest of digests) {
      const isUsed =
        this.state.references.has(digest) || snapshots.some((s) => s.digests.has(digest))
      if (!isUsed) this.blobs.delete(digest)
    }
  }
}

function stateOf(events: Iterable<StoreEvent>): State {
  const state = emptyState()
  for (const event of events) applyEvent(state, event)
  return state
}
