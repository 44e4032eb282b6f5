import type { Root } from 'mdast'
import * as chunks from '../../../src/sync-catalog/markdown/parse-chunks.js'
import { runSteps } from '../../../src/sync-catalog/markdown/steps.js'
import { parseGfm } from '../../helpers/markdown-facts.js'

const parseInChunks = (...args: Parameters<typeof chunks.parseInChunks>): Root =>
  runSteps(chunks.parseInChunks(...args))

const COUNT = 400
const lines = (line: (at: number) => string): string =>
  Array.from({ length: COUNT }, (_, at) => line(at)).join('')

/** Returns the tree with positions, without the spacing of lists. */
const shapeOf = (tree: Root): unknown =>
  JSON.parse(
    JSON.stringify(tree.children, (key, value: unknown) => (key === 'spread' ? undefined : value))
  )

const TEXTS: readonly (readonly [string, string])[] = [
  ['sections', lines((at) => `## Section ${at}\n\nText with *emphasis*.\n\n`)],
  ['a list', lines((at) => `- item ${at}\n`)],
  ['a list with blank lines and blocks', lines((at) => `* item ${at}\n\n  more\n\n      code\n`)],
  ['a nested list', lines((at) => `- item ${at}\n  - inner\n    1. innermost\n`)],
  ['an ordered list', lines((at) => `${at + 5}. item ${at}\nlazy\n`)],
  ['adjacent lists', lines((at) => `${'-+*'.charAt(Math.floor(at / 40) % 3)} item ${at}\n`)],
  ['a quote', lines((at) => `> text ${at}\n>\n`)],
  ['a list in a quote', lines((at) => `> - item ${at}\n`)],
  ['a quote in a quote', lines((at) => `> > text ${at}\n> >\n`)],
  ['a table', `| a | b |\n|:-:|---|\n${lines((at) => `| \`${at}\` | [x](x${at}.md) |\n`)}\nEnd\n`],
  ['a table with uneven rows', `a | b\n--- | ---\n${lines((at) => `${at} | b | c\n`)}> quote\n`],
  ['a table in a quote', `> | a | b |\n> |---|---|\n${lines((at) => `> | ${at} | b |\n`)}`],
  [
    'references to definitions at the end',
    lines((at) => `See [link ${at}], ![i][Link ${at}] and a note[^${at}].\n\n`) +
      lines((at) => `[link ${at}]: <a ${at}.md>\n`) +
      '\n' +
      lines((at) => `[^${at}]: Note ${at}\n\n    more\n\n`)
  ],
  [
    'references in a table, a list and a quote',
    `| a |\n|---|\n${lines((at) => `| [r${at}] |\n`)}\n${lines((at) => `- [r${at}]\n`)}\n` +
      lines((at) => `> [r\n> ${at}]\n>\n`) +
      lines((at) => `[r${at}]: x.md\n[r ${at}]: y.md\n`)
  ],
  [
    'references with spaces that are not collapsed',
    lines((at) => `See [text][foo\u00a0bar], [\u3000wide] and ${at}.\n\n`) +
      '[foo\u00a0bar]: a.md\n[\u3000wide]: b.md\n'
  ],
  [
    'references after indented code',
    lines((at) => `See [^${at % 9}].\n\n    code [^${at % 9}]\n\n`) + '[^1]: Note\n\n[^2]: Note\n'
  ]
]

describe('parseInChunks', () => {
  it.each(TEXTS)('returns the tree of a single pass for %s', (_name, text) => {
    expect(shapeOf(parseInChunks(text, parseGfm))).toEqual(shapeOf(parseGfm(text)))
  })

  it.each(TEXTS)('parses %s only once', (_name, text) => {
    let length = 0
    parseInChunks(text, (part) => {
      // Definitions of other chunks are added to a chunk.
      length += part.replace(/^\[.*\]: <#>\n\n/gm, '').length
      return parseGfm(part)
    })
    // The last block of each chunk is parsed again.
    expect(length / text.length).toBeLessThan(1.3)
    expect(text.length).toBeGreaterThan(2000)
  })

  it.each([
    ['a definition in code', `${lines((at) => `[x] ${at}\n\n`)}\`\`\`\n[x]: y.md\n\`\`\`\n`],
    ['a definition in a nested list', `${lines((at) => `[x] ${at}\n\n`)}- - [x]: y.md\n`],
    ['a definition on two lines', `${lines((at) => `[a\nb] ${at}\n\n`)}[a\nb]: y.md\n`]
  ])('parses a text again for %s', (_name, text) => {
    expect(shapeOf(parseInChunks(text, parseGfm))).toEqual(shapeOf(parseGfm(text)))
  })
})
