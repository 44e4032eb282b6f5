import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../is-object.js'
import { applyEvent } from './events.js'
import type { StoreEvent } from './events.js'
import { Journal } from './journal.js'
import { snapshotEvents } from './snapshot.js'
import { emptyState } from './state.js'
import type { State } from './state.js'

const JOURNAL_VERSION = 1
const KEY_BYTES = 32
const NO_ERROR = { throwIfNoEntry: false } as const

/** The contents of a data directory. */
export interface Contents {
  readonly state: State
  /** The secret key of the store. */
  readonly key: Buffer
  /** Differs for each version of the journal. It is `undefined` if the journal did not exist. */
  readonly version: string | undefined
}

/**
 * Reads the contents of a data directory, which can be empty, without changing it.
 *
 * @param earlier the contents that were read before. If the journal did not change, they are returned
 * @throws Error if the directory belongs to another program or version, or if the journal is damaged
 */
export function readContents(root: string, earlier?: Contents): Contents {
  const path = pathOf(root)
  const version = versionOf(path)
  if (version !== undefined && version === earlier?.version) return earlier
  checkFiles(root)
  const state = emptyState()
  let key: string | undefined
  let number = 0
  Journal.read(path, (line) => {
    number++
    if (key === undefined) key = readHeader(line, path)
    else applyLine(state, line, `Line ${String(number)} of ${path}`)
  })
  const bytes = key === undefined ? randomBytes(KEY_BYTES) : Buffer.from(key, 'hex')
  return { state, key: bytes, version }
}

/** The journal is only appended to, or replaced by another file. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && [stats.ino, stats.size, stats.mtimeNs].join(' ')
}

/** Writes the shortest journal for the contents and opens it. */
export function writeJournal(root: string, contents: Pick<Contents, 'state' | 'key'>): Journal {
  return Journal.create(pathOf(root), linesOf(contents))
}

function pathOf(root: string): string {
  return join(root, 'journal.jsonl')
}

/** Checks that the files of the emulator are not files of another program with the same names. */
function checkFiles(root: string): void {
  const journal = statOf(pathOf(root))
  if (journal?.isFile() === false)
    throw foreign(root, '"journal.jsonl" is not a file. Use another directory.')
  for (const name of ['blobs', 'uploads']) {
    const path = join(root, name)
    const found = statOf(path)
    if (found?.isDirectory() === false)
      throw foreign(root, `"${name}" is not a directory. Use another directory.`)
    // The journal has a line before the first blob is stored. Files that it does not list are deleted at the start.
    const hasJournal = (journal?.size ?? 0) > 0
    if (found === undefined || hasJournal || readdirSync(path).length === 0) continue
    throw foreign(
      root,
      `"${name}" contains files, but "journal.jsonl" is missing or empty. Use another directory, or restore the journal.`
    )
  }
}

/** Returns what a path leads to, the link itself if that does not exist, or `undefined`. */
function statOf(path: string): Stats | undefined {
  return statSync(path, NO_ERROR) ?? lstatSync(path, NO_ERROR)
}

function foreign(root: string, reason: string): Error {
  return new Error(`The directory is not a data directory of the emulator: "${root}". ${reason}`)
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

function* linesOf({ state, key }: Pick<Contents, 'state' | 'key'>): Generator {
  yield { journal: JOURNAL_VERSION, key: key.toString('hex') }
  yield* snapshotEvents(state)
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
