import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Journal } from '../../../src/emulator/store/journal.js'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'))
  path = join(directory, 'journal.jsonl')
})

afterEach(() => rmSync(directory, { recursive: true }))

function replay(): unknown[] {
  const lines: unknown[] = []
  Journal.read(path, (line) => lines.push(line))
  return lines
}

test('replays lines in order, and no lines of a new journal', () => {
  expect(replay()).toEqual([])
  expect(existsSync(path)).toBe(false)
  const journal = Journal.create(path, [])
  for (let at = 0; at < 3; at++) journal.append({ at })
  journal.close()
  expect(replay()).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }])
})

test('replays lines that are longer than the read buffer', () => {
  const long = 'ü'.repeat(1_500_000)
  const journal = Journal.create(path, [])
  journal.append({ long })
  journal.append({ short: 1 })
  journal.close()
  expect(replay()).toEqual([{ long }, { short: 1 }])
})

test('ignores an incomplete last line and does not change the file', () => {
  const whole = '{"at":0}\n'
  const torn = '{"at":1,"text":"ü"}'
  for (let length = 0; length <= Buffer.byteLength(torn); length++) {
    writeFileSync(path, whole)
    appendFileSync(path, Buffer.from(torn).subarray(0, length))
    const before = readFileSync(path)
    expect(replay()).toEqual([{ at: 0 }])
    expect(readFileSync(path)).toEqual(before)
  }
})

test('reports the line number of a damaged line', () => {
  writeFileSync(path, '{"at":0}\nnonsense\n{"at":2}\n')
  expect(replay).toThrow(`Line 2 of ${path} is not valid JSON. The data directory is damaged.`)
})

test('a replaced journal contains the new lines and accepts more', () => {
  writeFileSync(path, '{"old":true}\n')
  const lines = Array.from({ length: 30_000 }, (_item, at) => ({ at, text: 'a'.repeat(80) }))
  const journal = Journal.create(path, lines)
  journal.append({ last: true })
  journal.close()
  expect(replay()).toEqual([...lines, { last: true }])
})

test('rejects a line after it was closed, because its descriptor can belong to another file', () => {
  const journal = Journal.create(path, [])
  journal.close()
  expect(() => journal.append({})).toThrow('is closed')
})
