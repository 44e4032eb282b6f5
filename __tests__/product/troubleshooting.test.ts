import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROVOCATIONS, PROVOKED_ELSEWHERE } from './provoke-errors.js'
import { ROOT } from './read-workflow.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Lists the messages in the first column of tables. */
function listMessages(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` /gm)].map(([, message = '']) => message)
}

/** The messages of the page. The last section lists results of other programs. */
const MESSAGES = listMessages(
  read('docs/troubleshooting.md').replace(/^## Unexpected results[^]*/m, '')
)

/** Returns a pattern of a message, in which `…` represents a value. */
function patternOf(message: string): RegExp {
  const words = message
    .split('…')
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(words.join('[^\\n]*'))
}

it('lists messages that a run of this page causes', () => {
  expect(MESSAGES.length).toBeGreaterThan(40)
  const known = [...Object.keys(PROVOCATIONS), ...Object.keys(PROVOKED_ELSEWHERE)]
  expect(MESSAGES.filter((message) => !known.includes(message))).toEqual([])
})

it.each(MESSAGES.filter((message) => message in PROVOCATIONS))(
  'lists a message that a run logs: %s',
  async (message) => {
    expect(await PROVOCATIONS[message]!()).toMatch(patternOf(message))
  }
)

it.each(MESSAGES.filter((message) => message in PROVOKED_ELSEWHERE))(
  'lists a message that another test causes: %s',
  (message) => {
    const [path, words] = PROVOKED_ELSEWHERE[message]!
    expect(message).toContain(words)
    expect(read(path)).toContain(words)
  }
)

it('shows messages in the README that the page lists as well', () => {
  const [, section = ''] = /^## Troubleshooting\n([^]*?)^## /m.exec(read('README.md')) ?? []
  const messages = listMessages(section)
  expect(messages.length).toBeGreaterThan(4)
  expect(messages.filter((message) => !MESSAGES.includes(message))).toEqual([])
})
