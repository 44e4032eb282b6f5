import fc from 'fast-check'
import { toString } from 'mdast-util-to-string'
import { readReadme, readTextFile } from '../../helpers/catalog-texts.js'
import { truncateMarkdown } from '../../../src/sync-catalog/markdown/truncate-markdown.js'
import { listDifferences } from '../../helpers/cut-facts.js'
import { isSoak } from '../../helpers/counts.js'
import {
  isRelative,
  listBlockTexts,
  listRenderedUrls,
  parseGfm
} from '../../helpers/markdown-facts.js'

const BASE = {
  base: {
    serverUrl: 'https://github.com',
    repository: 'a/b',
    ref: 'c0ffee',
    path: 'docs/README.md'
  }
}
const ENDING = '*Cut: [all of it](https://example.com/all).*'

const word = fc.constantFrom(
  'harbor',
  'light',
  'Größe',
  '灯台',
  '🚀',
  'usage',
  'a&b',
  '1.',
  '\\*',
  'x_y'
)
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((list) => list.join(' '))
const path = fc.constantFrom(
  'a.md',
  './b/c.png',
  '../up.md',
  '/root.md',
  '<with space.md>',
  '#anchor',
  'https://example.com/x',
  'mailto:a@example.com',
  '?q=1',
  '../../far.md',
  'd(e).md'
)
const label = fc.constantFrom('one', 'Two', 'three words', '4')
const inline = fc.oneof(
  { weight: 4, arbitrary: words },
  fc.tuple(word, path).map(([text, url]) => `[${text}](${url})`),
  fc.tuple(word, path).map(([text, url]) => `![${text}](${url} "title")`),
  fc.tuple(word, label).map(([text, key]) => `[${text}][${key}]`),
  label.map((key) => `[^${key.replaceAll(' ', '-')}]`),
  fc.tuple(path, word).map(([url, text]) => `<a href="${url.replace(/[<>]/g, '')}">${text}</a>`),
  words.map((text) => `\`${text.replaceAll('\\', '')}\``),
  words.map((text) => `**${text}**`)
)
const paragraph = fc
  .array(inline, { minLength: 1, maxLength: 5 })
  .map((parts) => `So ${parts.join(' ')}.`)
const title = fc.constantFrom(
  'Usage',
  'Intro',
  '🚀 Quick start!',
  '2. Usage',
  'More',
  'Getting started',
  'API'
)
const block = fc.oneof(
  { weight: 3, arbitrary: paragraph },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 4 }), title)
      .map(([level, text]) => `${'#'.repeat(level)} ${text}`)
  },
  // Without the number, since after indented code the parser reads `2.` as part of a paragraph.
  title.map((text) => `${text.replace('2. ', '')}\n===`),
  words.map((text) => `\`\`\`sh\n# Usage\n\n${text} [x](y.md)\n\`\`\``),
  words.map((text) => `~~~\n\`\`\`\n## Usage\n${text}\n~~~`),
  words.map((text) => `    code ${text}\n\n    ## Usage`),
  fc
    .array(paragraph, { minLength: 1, maxLength: 6 })
    .map((items) => items.map((item) => `- ${item}`).join('\n')),
  fc
    .array(paragraph, { minLength: 1, maxLength: 4 })
    .map((items) => items.map((item, at) => `${at + 1}. ${item}\n   - nested`).join('\n\n')),
  fc
    .array(words, { minLength: 1, maxLength: 6 })
    .map((rows) =>
      ['| a | b |', '|---|---|', ...rows.map((row) => `| ${row} | [c](c.md) |`)].join('\n')
    ),
  paragraph.map((text) => `> ${text}\n>\n> ## Usage`),
  paragraph.map((text) => `<div align="center">\n\n${text}\n\n## Usage\n\n</div>`),
  words.map(
    (text) =>
      `<details><summary>${text}</summary>\n<img src="i/j.png" srcset="k.png 1x, l.png 2x">\n</details>`
  ),
  words.map((text) => `<!-- ${text} [x](y.md)\n\n## Usage\n-->`),
  fc.tuple(label, path).map(([key, url]) => `[${key}]: ${url} 'title'`),
  fc
    .tuple(label, paragraph)
    .map(([key, text]) => `[^${key.replaceAll(' ', '-')}]: ${text}\n\n    More.`),
  fc.constant('---'),
  fc.constant('<a name="usage"></a>')
)
const document = fc
  .array(block, { minLength: 1, maxLength: 14 })
  .map((blocks) => `${blocks.join('\n\n')}\n`)

const HEADINGS = ['Usage', 'Quick start', 'Getting started', 'How to use']
const RUNS = { numRuns: isSoak ? 1500 : 40 }

const split = (text: string): { readonly about: string; readonly usage: string } => {
  const { about, usage } = readReadme(Buffer.from(text), HEADINGS, BASE)
  return { about: about?.text ?? '', usage: usage?.text ?? '' }
}

/** Returns the block texts without the URLs in HTML, since these are made absolute. */
const blockTexts = (text: string): string[] =>
  listBlockTexts(text).map((found) => found.replace(/(href|src|srcset)="[^"]*"/g, ''))

const headingTexts = (text: string): string[] =>
  parseGfm(text).children.flatMap((node) => (node.type === 'heading' ? [toString(node)] : []))

describe('the texts of a generated README', () => {
  it('contain every block once, except for headings above usage sections of the same name', () => {
    fc.assert(
      fc.property(document, (text) => {
        const { about, usage } = split(text)
        const repeated = [...blockTexts(about), ...blockTexts(usage)]
        for (const found of blockTexts(text)) {
          expect(repeated).toContain(found)
          repeated.splice(repeated.indexOf(found), 1)
        }
        const headings = headingTexts(about)
        expect(repeated.filter((found) => !headings.includes(found))).toEqual([])
        const names = headingTexts(usage).map((found) => found.replace(/[^a-z ]/gi, '').trim())
        if (new Set(names).size === names.length) expect(repeated).toEqual([])
      }),
      RUNS
    )
  })

  it('keep indented code blocks apart if a definition of the other text is between them', () => {
    const text =
      "- So [harbor][one].\n\n# Usage\n\n    one\n\n[one]: a.md 'title'\n\n    two\n\n> So.\n"
    const { about, usage } = split(text)
    expect([...blockTexts(about), ...blockTexts(usage)].sort()).toEqual(blockTexts(text).sort())
  })

  it('do not keep a relative link', () => {
    fc.assert(
      fc.property(document, (text) => {
        const { about, usage } = split(text)
        const urls = [about, usage].flatMap(listRenderedUrls)
        expect(urls.filter(({ url }) => isRelative(url))).toEqual([])
      }),
      RUNS
    )
  })

  it('resolve every reference that the README resolves', () => {
    fc.assert(
      fc.property(document, (text) => {
        const references = (part: string): number =>
          JSON.stringify(parseGfm(part)).match(/"type":"(?:link|image|footnote)Reference"/g)
            ?.length ?? 0
        const { about, usage } = split(text)
        // A footnote that both texts use is in both texts.
        expect(references(about) + references(usage)).toBeGreaterThanOrEqual(
          references(text.replace(/^\[\^.*\]:.*$/gm, ''))
        )
      }),
      RUNS
    )
  })

  it('are not changed when they are converted again', () => {
    fc.assert(
      fc.property(document, (text) => {
        const { about, usage } = split(text)
        for (const part of [about, usage]) {
          expect(readTextFile(Buffer.from(part), BASE).part.text).toBe(part)
        }
      }),
      RUNS
    )
  })

  it('are converted without an error for any characters', () => {
    const noise = fc.string({
      unit: fc.constantFrom(...'[](){}<>!#*_`~-+=|\\/:.^&;\'" \t\nabé灯🚀1'.match(/./gsu)!),
      maxLength: 200
    })
    fc.assert(
      fc.property(noise, (text) => {
        const { about, usage } = split(text)
        const first = readTextFile(Buffer.from(about), BASE).part.text
        expect(readTextFile(Buffer.from(first), BASE).part.text).toBe(first)
        expect(truncateMarkdown(usage, 60, { ending: ENDING }).text.length).toBeLessThanOrEqual(
          Math.max(60, ENDING.length + 1)
        )
      }),
      RUNS
    )
  })
})

/** Lists the texts of the blocks, except comments. */
function listShownTexts(text: string): string[] {
  return listBlockTexts(text)
    .map((found) => found.replace(/<!--[^]*?-->/g, ''))
    .filter((found) => found !== '')
}

describe('a truncated text', () => {
  const limit = fc.integer({ min: ENDING.length + 1, max: 900 })

  it('never exceeds the limit, and ends with the link to the full text', () => {
    fc.assert(
      fc.property(document, limit, (text, max) => {
        const cut = truncateMarkdown(text, max, { ending: ENDING })
        expect(cut.text.length).toBeLessThanOrEqual(max)
        if (cut.cut !== undefined) expect(cut.text.endsWith(`${ENDING}\n`)).toBe(true)
        // Without a cut, only definitions that nothing refers to and the texts of comments are removed.
        else expect(listShownTexts(cut.text)).toEqual(listShownTexts(text))
      }),
      RUNS
    )
  })

  it('is the beginning of the text, with the ending after it', () => {
    fc.assert(
      // A smaller limit can be less than the first word and the closing tags need.
      fc.property(document, fc.integer({ min: 3 * ENDING.length, max: 900 }), (text, max) => {
        const cut = truncateMarkdown(text, max, { ending: ENDING })
        if (cut.cut === undefined) return
        expect(listDifferences(`${text}\n\n${ENDING}\n`, cut.text)).toEqual([])
      }),
      RUNS
    )
  })

  it('uses at least half of the limit', () => {
    fc.assert(
      fc.property(document, limit, (text, max) => {
        const cut = truncateMarkdown(text, max, { ending: ENDING })
        // A footnote that the kept text needs is not cut, so no text after a long one is kept.
        const footnotes = parseGfm(text).children.filter(
          ({ type }) => type === 'footnoteDefinition'
        )
        const lengths = footnotes.map(({ position }) => {
          const { start, end } = position ?? { start: { offset: 0 }, end: { offset: 0 } }
          return (end.offset ?? 0) - (start.offset ?? 0)
        })
        const isLong = Math.max(0, ...lengths) > max / 3
        const least = max >= 6 * ENDING.length && !isLong ? max / 2 : 0
        expect(cut.cut === undefined || cut.text.length >= least).toBe(true)
      }),
      RUNS
    )
  })

  it('is not truncated again', () => {
    fc.assert(
      fc.property(document, limit, (text, max) => {
        const once = truncateMarkdown(text, max, { ending: ENDING }).text
        expect(truncateMarkdown(once, max, { ending: ENDING })).toEqual({ text: once })
      }),
      RUNS
    )
  })
})
