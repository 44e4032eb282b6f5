import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Store } from '../../../src/emulator/store/store.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'emulator-store-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const now = (): Date => new Date('2026-01-01T00:00:00Z')
const journal = (): string => join(directory, 'journal.jsonl')
const namesIn = (store: Store): string[] => [...store.repositories.keys()]

function reopen(store: Store): Store {
  store.close()
  return new Store(directory, now)
}

test('keeps all changes of a transaction after a restart', () => {
  const store = new Store(directory, now)
  store.transaction(() => {
    store.createRepository('a')
    store.addLayer('a', Buffer.from('layer'))
  })
  const again = reopen(store)
  expect(namesIn(again)).toEqual(['a'])
  expect(again.findRepository('a')?.layers.size).toBe(1)
  again.close()
})

test('undoes all changes of a transaction that fails, in memory and on disk', () => {
  const store = new Store(directory, now)
  store.createRepository('a')
  const { digest } = store.addLayer('a', Buffer.from('kept'))
  let added = ''
  const change = (): void => {
    store.transaction(() => {
      store.empty()
      store.createRepository('b')
      added = store.addLayer('b', Buffer.from('added')).digest
      throw new Error('not valid')
    })
  }
  expect(change).toThrow('not valid')
  expect(namesIn(store)).toEqual(['a'])
  expect([existsSync(store.blobs.path(digest)), existsSync(store.blobs.path(added))]).toEqual([
    true,
    false
  ])
  const again = reopen(store)
  expect(namesIn(again)).toEqual(['a'])
  again.close()
})

test('keeps nothing of a transaction that a crash cut off', () => {
  const store = new Store(directory, now)
  store.createRepository('a')
  const size = readFileSync(journal()).length
  store.transaction(() => {
    store.empty()
    store.createRepository('b')
    store.createRepository('c')
  })
  store.close()
  const whole = readFileSync(journal())
  for (let end = size; end < whole.length; end++) {
    writeFileSync(journal(), whole.subarray(0, end))
    const again = new Store(directory, now)
    expect(namesIn(again)).toEqual(['a'])
    again.close()
  }
})

test('keeps the blobs of a snapshot until it is restored', () => {
  const store = new Store(directory, now)
  store.createRepository('a')
  const { digest } = store.addLayer('a', Buffer.from('layer'))
  const id = store.snapshot()
  store.deleteRepository('a')
  expect(existsSync(store.blobs.path(digest))).toBe(true)
  expect(store.restore(id)).toBe(true)
  expect(readFileSync(store.blobs.path(digest), 'utf8')).toBe('layer')
  const again = reopen(store)
  expect(again.findRepository('a')?.layers.has(digest)).toBe(true)
  expect(again.restore(id)).toBe(false)
  again.close()
})

test('ends the uploads in progress when it is restored or emptied', () => {
  const store = new Store(directory, now)
  store.createRepository('a')
  const id = store.snapshot()
  const upload = store.startUpload('a')
  expect(store.restore(id)).toBe(true)
  expect(store.findUpload('a', upload.id)).toBeUndefined()
  store.close()
})
