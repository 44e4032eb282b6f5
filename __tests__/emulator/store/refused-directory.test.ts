import {
  mkdirSync,
  mkdtempSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator } from '../../../src/emulator/library.js'
import { runEmulator } from '../emulator-process.js'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'refused-directory-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

/** Returns the type, mode, size, times and contents of every file in the directory, and of the directory itself. */
function everyFile(): unknown[] {
  const names = ['', ...readdirSync(data, { recursive: true, encoding: 'utf8' }).sort()]
  return names.map((name) => {
    const { mode, size, ino, mtimeNs, ctimeNs } = lstatSync(join(data, name), { bigint: true })
    const isFile = lstatSync(join(data, name)).isFile()
    const contents = isFile ? readFileSync(join(data, name), 'latin1') : undefined
    return { name, mode, size, ino, mtimeNs, ctimeNs, contents }
  })
}

const write = (name: string, text: string): void => writeFileSync(join(data, name), text)
const makeDirectory = (name: string): void =>
  void mkdirSync(join(data, name), { recursive: true, mode: 0o700 })
const HEADER = '{"journal":1,"key":"ab"}'
const ENDED = { pid: 2 ** 22 + 1, host: hostname(), boot: 'earlier' }

const REFUSED: readonly [string, string, () => void][] = [
  [
    'blobs of another program',
    '"blobs" contains files',
    () => {
      makeDirectory('blobs')
      write('blobs/photo.jpg', 'photo')
    }
  ],
  [
    'uploads of another program and an empty journal',
    '"uploads" contains files',
    () => {
      makeDirectory('uploads/photos')
      write('journal.jsonl', '')
    }
  ],
  ['a file with the name of a directory', '"blobs" is not a directory', () => write('blobs', '')],
  [
    'a link that does not lead to a directory',
    '"uploads" is not a directory',
    () => symlinkSync('nowhere', join(data, 'uploads'))
  ],
  [
    'a journal that the operating system cannot read',
    'The data directory cannot be used: "',
    () => symlinkSync('journal.jsonl', join(data, 'journal.jsonl'))
  ],
  [
    'a directory with the name of the journal',
    '"journal.jsonl" is not a file',
    () => makeDirectory('journal.jsonl')
  ],
  [
    'a journal of another version',
    'another version',
    () => write('journal.jsonl', '{"journal":2,"key":"ab"}\n')
  ],
  [
    'a journal of another program',
    'is not valid JSON',
    () => write('journal.jsonl', 'text\n{"journal":1')
  ],
  [
    'a journal without a complete line',
    'Line 1 of',
    () => write('journal.jsonl', HEADER.slice(0, 9))
  ],
  [
    'a journal with a damaged line',
    'Line 2 of',
    () => write('journal.jsonl', `${HEADER}\n{"type":"other"}\n{"type":"emp`)
  ],
  [
    'a damaged journal and the lock of a process that has ended',
    'Line 2 of',
    () => {
      write('lock-7', JSON.stringify(ENDED))
      write('journal.jsonl', `${HEADER}\ndamaged\n`)
    }
  ],
  [
    'a damaged lock file',
    'lock file of the data directory is damaged',
    () => write('lock-3', '[]')
  ],
  [
    'a directory with the name of a lock file',
    'lock file of the data directory is damaged',
    () => makeDirectory('lock-1')
  ],
  [
    'the lock of a process on another host',
    'Process 1 on host elsewhere',
    () => write('lock-1', '{"pid":1,"host":"elsewhere"}')
  ]
]

test.each(REFUSED)('refuses %s and changes nothing', async (_, message, prepare) => {
  prepare()
  const before = everyFile()
  await expect(createEmulator({ data })).rejects.toThrow(message)
  expect(everyFile()).toEqual(before)
})

test('a process that is refused does not change the directory of another process', async () => {
  const first = await runEmulator('--port', '0', '--data', data)
  const before = everyFile()
  const second = await runEmulator('--port', '0', '--data', data)
  expect(second.output().stderr).toContain(`Process ${String(first.child.pid)} uses it.`)
  expect(everyFile()).toEqual(before)
})
