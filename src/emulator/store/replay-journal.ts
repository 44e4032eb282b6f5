import { randomBytes } from 'node:crypto'
import { isObject } from '../is-object.js'
import { applyEvent } from './events.js'
import type { StoreEvent } from './events.js'
import { Journal } from './journal.js'
import { snapshotEvents } from './snapshot.js'
import type { State } from './state.js'

const JOURNAL_VERSION = 1
const KEY_BYTES = 32

/** Creates a secret key. */
export function createKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/**
 * Opens the journal of a data directory, applies its events to `state` and compacts it.
 *
 * @returns the journal and the key from its first line
 * @throws Error if another version wrote the journal, or if a line is damaged
 */
export function replayJournal(
  path: string,
  state: State
): { readonly journal: Journal; readonly key: Buffer } {
  let key: string | undefined
  let number = 0
  const journal = Journal.open(path, (line) => {
    number++
    if (key === undefined) key = readHeader(line, path)
    else applyLine(state, line, `Line ${String(number)} of ${path}`)
  })
  key ??= createKey().toString('hex')
  journal.rewrite(withHeader(key, snapshotEvents(state)))
  return { journal, key: Buffer.from(key, 'hex') }
}

/** @param name the name of the line, for the error message */
function applyLine(state: State, line: unknown, name: string): void {
  try {
    for (const event of Array.isArray(line) ? line : [line]) applyEvent(state, event as StoreEvent)
  } catch (error) {
    throw new Error(`${name} is not a valid event. The data directory is damaged.`, {
      cause: error
    })
  }
}

function* withHeader(key: string, events: Iterable<StoreEvent>): Generator {
  yield { journal: JOURNAL_VERSION, key }
  yield* events
}

function readHeader(line: unknown, path: string): string {
  const header = isObject(line) ? line : {}
  if (header.journal !== JOURNAL_VERSION || typeof header.key !== 'string') {
    throw new Error(
      `The journal was written by another version of the emulator, or by another program: "${path}". Use another directory.`
    )
  }
  return header.key
}
