import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from './make-workspace.js'
import { ROOT } from './read-workflow.js'

const sources = listFiles()
  .filter((path) => /^src\/(?!emulator\/|start\/).*\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n')

/** The messages in the first column of the tables, but those that other programs say. */
function listMessages(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^## It succeeded[^]*/m, '')
  return [...text.matchAll(/^\| `([^`]+)` /gm)].map(([, message = '']) => message)
}

/** Whether the code has all that a message says in words; `…` stands for a value. */
function isSaid(message: string): boolean {
  const words = message.split('…').map((part) => part.trim())
  return words.every((part) => sources.includes(part))
}

it.each(listMessages('docs/troubleshooting.md'))('the action says: %s', (message) => {
  expect(isSaid(message)).toBe(true)
})

it('the README shows messages that the action says', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, section = ''] = /^## Troubleshooting\n([^]*?)^## /m.exec(readme) ?? []
  const messages = [...section.matchAll(/^\| `([^`]+)` /gm)].map(([, message = '']) => message)
  expect(messages.length).toBeGreaterThan(4)
  expect(messages.filter((message) => !isSaid(message))).toEqual([])
})
