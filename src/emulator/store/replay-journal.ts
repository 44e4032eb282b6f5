import { randomBytes } from 'node:crypto'
import { applyEvent } from './events.js'
import type { StoreEvent } from './events.js'
import { Journal } from './journal.js'
import { snapshotEvents } from './snapshot.js'
import type { State } from './state.js'

const JOURNAL_VERSION = 1
const KEY_BYTES = 32

/** A new key, to sign what clients are given. */
export function createKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/**
 * Opens the journal of a data directory, makes everything in it true in `state`, and writes it anew without
 * what was undone since.
 *
 * @returns the journal, to append to, and the key that is kept at its head
 * @throws Error where another version wrote it
 */
export function replayJournal(
  path: string,
  state: State
): { readonly journal: Journal; readonly key: Buffer } {
  let key: string | undefined
  const journal = Journal.open(path, (line) => {
    if (key === undefined) key = readHeader(line)
    else applyEvent(state, line as StoreEvent)
  })
  key ??= createKey().toString('hex')
  journal.rewrite(withHeader(key, snapshotEvents(state)))
  return { journal, key: Buffer.from(key, 'hex') }
}

function* withHeader(key: string, events: Iterable<StoreEvent>): Generator {
  yield { journal: JOURNAL_VERSION, key }
  yield* events
}

function readHeader(line: unknown): string {
  const header = line as { journal?: unknown; key?: unknown }
  if (header.journal !== JOURNAL_VERSION || typeof header.key !== 'string') {
    throw new Error('The data directory was written by another version of the emulator')
  }
  return header.key
}
