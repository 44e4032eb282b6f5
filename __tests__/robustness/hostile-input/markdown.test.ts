import fc from 'fast-check'
import {
  fitText,
  MAX_TEXT_LENGTH,
  sectionAtLimit
} from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { readReadme, readTextFile } from '../../helpers/catalog-texts.js'
import { TooComplexText } from '../../../src/sync-catalog/markdown/check-nesting.js'
import {
  UndecodableText,
  withoutFrontMatter
} from '../../../src/sync-catalog/markdown/decode-text.js'
import { headingKey } from '../../../src/sync-catalog/markdown/headings.js'
import { readHtmlTags } from '../../../src/sync-catalog/markdown/read-html-tags.js'
import { resolveLink } from '../../../src/sync-catalog/markdown/resolve-link.js'
import { listSrcsetUrls } from '../../../src/sync-catalog/markdown/list-srcset-urls.js'
import { textDiff } from '../../../src/sync-catalog/text-diff.js'
import { truncateMarkdown } from '../../../src/sync-catalog/markdown/truncate-markdown.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { damagedBytes, damagedText } from './mutations.js'

tellFuzzCounts('Markdown')

const BASE = {
  serverUrl: 'https://github.com',
  repository: 'a/b',
  ref: 'c0ffee',
  path: 'docs/README.md'
}
const HEADINGS = ['Usage', 'Quick start', 'Getting started', 'How to use']
const ENDING = '*Cut: [all of it](https://example.com/all).*'

const README = `---
title: App
tags: [a, b]
---

# App 🚀

[![Build](badge.svg)](https://example.com) Text with [a link](../a.md "title"), a [reference][one] and a note[^1].

## 2. Usage:

- item with \`code\`
  - nested ![image](img/a.png)

    para

1. one
2. two

> quote
> - list in it

\`\`\`sh
# no heading
\`\`\`

<details><summary>More</summary>
<img src="i.png" srcset="a.png 1x, b.png 2x">

| a | b |
|---|:-:|
| c | [d](d.md) |

</details>

Setext
======

[one]: <two three.md> 'title'
[^1]: A note.

    More of it.
`
const TOKENS = [
  '[',
  ']',
  '![',
  '](a)',
  '(',
  ')',
  '<',
  '>',
  '`',
  '```',
  '~~~',
  '*',
  '**',
  '_',
  '~~',
  '#',
  '## Usage\n',
  '- ',
  '1. ',
  '> ',
  '    ',
  '\t',
  '|',
  '|---|',
  '\n',
  '\n\n',
  '---\n',
  '===\n',
  '[^1]',
  '[^1]: ',
  '[one]: ',
  '<!--',
  '-->',
  '<div>',
  '</div>',
  '<![CDATA[',
  '<?',
  '<a href=',
  '&amp;',
  '&#0;',
  '\\',
  'http://',
  'www.',
  'a@b.c',
  '  \n',
  '"',
  "'",
  '<script>',
  '</script>',
  'data:image/png;base64,',
  ':rocket:'
]
const markdown = damagedText([README, '# A\n\ntext\n', '', '## Usage\n\nRun it.\n'], TOKENS, 6000)

/** Both are turned into words by who reads the file. */
const REFUSALS = [UndecodableText, TooComplexText]
const RUNS = { small: 100, soak: 3000 }

test(
  'any README is converted to texts that do not change when they are converted again',
  async () => {
    await tryHostile(
      'readReadme',
      markdown,
      RUNS,
      (text) => {
        const { about, usage } = readReadme(Buffer.from(text), HEADINGS, { base: BASE })
        for (const part of [about, usage]) {
          if (part === undefined) continue
          const { text: fitted } = fitText(part, 'https://example.com/README.md')
          expect(fitted.length).toBeLessThanOrEqual(MAX_TEXT_LENGTH)
        }
      },
      REFUSALS
    )
    await tryHostile(
      'readTextFile of bytes',
      damagedBytes([
        Buffer.from(README),
        Buffer.from(`\ufeff${README}`),
        Buffer.from(README, 'utf16le')
      ]),
      RUNS,
      (bytes) => readTextFile(bytes, { base: undefined }),
      REFUSALS
    )
  },
  FUZZ_TIMEOUT_MS
)

test(
  'a text of any content is cut within its limit',
  async () => {
    const limit = fc.integer({ min: ENDING.length + 1, max: 900 })
    await tryHostile(
      'truncateMarkdown',
      fc.tuple(markdown, limit),
      RUNS,
      ([text, max]) => {
        expect(truncateMarkdown(text, max, { ending: ENDING }).text.length).toBeLessThanOrEqual(max)
        sectionAtLimit({ text })
      },
      REFUSALS
    )
  },
  FUZZ_TIMEOUT_MS
)

test(
  'HTML, links and front matter of any content are read',
  async () => {
    await tryHostile('readHtmlTags', markdown, RUNS, (text) => {
      for (const { start, end } of readHtmlTags(text)) expect(start).toBeLessThanOrEqual(end)
    })
    await tryHostile('listSrcsetUrls', markdown, RUNS, listSrcsetUrls)
    await tryHostile('withoutFrontMatter', markdown, RUNS, withoutFrontMatter)
    await tryHostile('headingKey', markdown, RUNS, headingKey)
    const link = damagedText(
      ['../a.md?x=1#y', '/root.md', 'https://example.com', './b/c.png'],
      [
        '../',
        '..',
        '/',
        '\\',
        '%2e',
        '%',
        '?',
        '#',
        ':',
        '//',
        'javascript:',
        '(',
        ')',
        '<',
        '>',
        ' '
      ]
    )
    await tryHostile(
      'resolveLink',
      fc.tuple(link, fc.constantFrom('page', 'raw')),
      RUNS,
      ([url, form]) => {
        const resolved = resolveLink(url, form, BASE)
        if (resolved === undefined) return
        expect(resolved.url).toMatch(/^https:\/\/(?:github\.com|raw\.githubusercontent\.com)\//)
        expect(resolved.url).not.toMatch(/[\s<>()]/)
      }
    )
    await tryHostile('textDiff', fc.tuple(markdown, markdown), RUNS, ([from, to]) => {
      expect(textDiff(from, to).length).toBeLessThan(300_000)
    })
  },
  FUZZ_TIMEOUT_MS
)
