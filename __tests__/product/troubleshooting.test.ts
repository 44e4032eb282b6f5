import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from './make-workspace.js'
import { ROOT } from './read-workflow.js'

const sources = listFiles()
  .filter((path) => /^src\/(?!emulator\/|quick-start\/).*\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n')

/** Lists the messages in the first column of the tables, except messages of other programs. */
function listMessages(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^## Unexpected results[^]*/m, '')
  return [...text.matchAll(/^\| `([^`]+)` /gm)].map(([, message = '']) => message)
}

/** Returns whether the sources contain the text of a message, in which `…` represents a value. */
function isInSources(message: string): boolean {
  const words = message.split('…').map((part) => part.trim())
  return words.every((part) => sources.includes(part))
}

it.each(listMessages('docs/troubleshooting.md'))('lists a message of the action: %s', (message) => {
  expect(isInSources(message)).toBe(true)
})

it('shows messages of the action in the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, section = ''] = /^## Troubleshooting\n([^]*?)^## /m.exec(readme) ?? []
  const messages = [...section.matchAll(/^\| `([^`]+)` /gm)].map(([, message = '']) => message)
  expect(messages.length).toBeGreaterThan(4)
  expect(messages.filter((message) => !isInSources(message))).toEqual([])
})
