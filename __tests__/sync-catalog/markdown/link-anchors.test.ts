import fc from 'fast-check'
import GithubSlugger from 'github-slugger'
import { fitText, MAX_TEXT_LENGTH } from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { readReadme, readTextFile } from '../../helpers/catalog-texts.js'
import type { LinkBase } from '../../../src/sync-catalog/markdown/resolve-link.js'
import { listRenderedUrls, parseGfm } from '../../helpers/markdown-facts.js'
import { toString } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'

const BASE: LinkBase = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'main',
  path: 'README.md'
}
const URL = 'https://github.com/acme/app/blob/main/README.md'

const split = (text: string): { readonly about: string; readonly usage: string } => {
  const { about, usage } = readReadme(Buffer.from(text), ['Usage'], { base: BASE })
  return { about: about?.text ?? '', usage: usage?.text ?? '' }
}

test('a link to a heading of the other text leads to the README on GitHub', () => {
  const { about, usage } = split(
    '# A\n\n[Config](#config) [Usage](#usage) <a href=#config>x</a> [ref] [More](#more)\n\n[ref]: #config\n\n## Usage\n\n[up](#a) [Config](#config)\n\n### Config\n\n## More\n'
  )
  expect(about).toContain(
    `[Config](${URL}#config) [Usage](${URL}#usage) <a href="${URL}#config">x</a> [ref] [More](#more)`
  )
  expect(about).toContain(`[ref]: ${URL}#config`)
  expect(usage).toContain(`[up](${URL}#a) [Config](#config)`)
})

test('a link to a heading whose number changes is rewritten', () => {
  const { about, usage } = split(
    '# A\n\n[1](#options) [2](#options-1) [3](#options-2)\n\n## Options\n\n## Usage\n\n[1](#options) [2](#options-1) [3](#options-2)\n\n### Options\n\n## Options\n'
  )
  expect(about).toContain(`[1](#options) [2](${URL}#options-1) [3](#options-1)`)
  expect(usage).toContain(`[1](${URL}#options) [2](#options) [3](${URL}#options-2)`)
})

test('a link to a heading that is repeated above a usage section leads to its section on GitHub', () => {
  const { usage } = split(
    '# Options\n\nText.\n\n## Usage\n\n[1](#options) [2](#options-1)\n\n# B\n\n## Usage\n\n### Options\n'
  )
  expect(usage).toMatch(/^# Options\n\n## Usage\n/)
  expect(usage).toContain(`[1](${URL}#options) [2](#options-1)`)
})

test('a link to a skipped heading leads to the README on GitHub, and a link with the number of GitHub is rewritten', () => {
  const skipped = '<!-- ecr-public: skip -->\n\n## Options\n\n<!-- ecr-public: end skip -->'
  const links = '[1](#options) [2](#options-1) [3](#options-2)'
  const { about, usage } = split(
    `# A\n\n${links}\n\n${skipped}\n\n## Options\n\n## Usage\n\n${links}\n\n### Options\n`
  )
  expect(about).toContain(`[1](${URL}#options) [2](#options) [3](${URL}#options-2)`)
  expect(usage).toContain(`[1](${URL}#options) [2](${URL}#options-1) [3](#options)`)
})

test('a link to a heading with a shortcode leads to the heading with the emoji', () => {
  const { about } = readReadme(
    Buffer.from('# A\n\n[x](#rocket-start)\n\n## :rocket: Start\n'),
    [],
    {
      base: BASE,
      emojiNames: { rocket: '🚀' }
    }
  )
  const id = new GithubSlugger().slug('🚀 Start')
  expect(about?.text).toBe(`# A\n\n[x](#${id})\n\n## 🚀 Start\n`)
})

test('a link to an anchor in HTML leads to the README on GitHub if the anchor is in the other text', () => {
  const { about, usage } = split(
    '<a id="readme-top"></a>\n\n# A\n\n[here](#here)\n\n## Usage\n\n<h3 id="here">Here</h3>\n\n[top](#readme-top) [own](#here) [prefixed](#user-content-readme-top)\n'
  )
  expect(about).toContain(`[here](${URL}#here)`)
  expect(usage).toContain(`[top](${URL}#readme-top) [own](#here) [prefixed](${URL}#readme-top)`)
})

test.each([
  (id: string) => `<a name="${id}"></a>`,
  (id: string) => `<a name="${id}"/>`,
  (id: string) => `<a id=${id}>`,
  (id: string) => `<span id="${id}"></span>`,
  (id: string) => `<div id="${id}"></div>`
])('an empty element before a heading belongs to its section (%s)', (anchor) => {
  const { about, usage } = split(
    `# A\n\n[u](#use) [m](#more-of-it)\n\n${anchor('use')}\n\n## Usage\n\n[u](#use)\n\n${anchor('more-of-it')}\n\n## More\n`
  )
  expect(about).toBe(
    `# A\n\n[u](${URL}#use) [m](#more-of-it)\n\n${anchor('more-of-it')}\n\n## More\n`
  )
  expect(usage).toBe(`${anchor('use')}\n\n## Usage\n\n[u](#use)\n`)
})

test.each(['#nowhere', '#', '#%', '#fn:1'])(
  'the link %s, which is dead in the README, is not changed',
  (link) => {
    expect(split(`# A\n\n[x](${link})\n\n## Usage\n`).about).toContain(`[x](${link})`)
  }
)

test.each([
  ['## 설치', '#%EC%84%A4%EC%B9%98', '#%EC%84%A4%EC%B9%98'],
  ['## 설치', '#설치', '#설치'],
  ['## Set-up & Run!', '#set-up--run', '#set-up--run'],
  ['## The `code` of *it*', '#The-Code-of-It', '#the-code-of-it'],
  ['<h2 align="center">A &amp; B</h2>', '#a--b', '#a--b'],
  ['> ## Quoted', '#quoted', '#quoted'],
  ['Setext\n------', '#setext', '#setext']
])('a link to the heading %j by %s becomes %s', (heading, link, expected) => {
  expect(split(`# A\n\n[x](${link})\n\n${heading}\n\nText.\n`).about).toContain(`[x](${expected})`)
  expect(split(`# A\n\n## Usage\n\n[x](${link})\n\n# B\n\n${heading}\n`).usage).toContain(
    `[x](${URL}#`
  )
})

test('a heading with several shortcodes, code and an escape keeps its links', () => {
  const heading = ':rocket: Launch `:rocket:` &amp; \\:rocket: it :tada:'
  const { about } = readReadme(
    Buffer.from(`# A\n\n[x](#rocket-launch-rocket--rocket-it-tada)\n\n## ${heading}\n`),
    [],
    { base: BASE, emojiNames: { rocket: '🚀', tada: '🎉' } }
  )
  const id = new GithubSlugger().slug('🚀 Launch :rocket: & :rocket: it 🎉')
  expect(about?.text).toContain(`[x](#${id})`)
})

test('a link to a heading that is cut leads to the README on GitHub', () => {
  const text = `# A\n\n[Kept](#kept) [End](#end) [Twice](#twice-1)\n\n## Kept\n\n${'Some words of text.\n\n'.repeat(1400)}## Twice\n\n## Twice\n\n## End\n\nThe end.\n`
  const { part } = readTextFile(Buffer.from(text), { base: BASE })
  const { text: fitted, isTruncated } = fitText(part, URL)
  expect(isTruncated).toBe(true)
  expect(fitted.length).toBeLessThanOrEqual(MAX_TEXT_LENGTH)
  expect(fitted).toContain(`[Kept](#kept) [End](${URL}#end) [Twice](${URL}#twice-1)`)
})

test('links to headings are not changed if links are not made absolute', () => {
  const text = '# A\n\n[Usage](#usage) [x](x.md)\n\n## Usage\n'
  const { about } = readReadme(Buffer.from(text), ['Usage'], { base: undefined })
  expect(about).toEqual({ text: '# A\n\n[Usage](#usage) [x](x.md)\n' })
})

test('every link to a heading leads to the same heading, in the text or on GitHub', () => {
  const name = fc.constantFrom('Usage', 'Options', 'API', 'Übersicht', '🚀 Go', 'Options 1')
  const section = fc.tuple(fc.integer({ min: 1, max: 3 }), name)
  fc.assert(
    fc.property(fc.array(section, { minLength: 1, maxLength: 10 }), (sections) => {
      const slugger = new GithubSlugger()
      const slugs = sections.map(([, title]) => slugger.slug(title))
      const links = slugs.map((slug, at) => `[to ${at}](#${slug})`).join(' ')
      // The number in the paragraph identifies the section.
      const text = sections
        .map(([level, title], at) => `${'#'.repeat(level)} ${title}\n\nSection ${at}. ${links}\n`)
        .join('\n')
      const { about, usage } = split(text)
      const found: number[] = []
      for (const part of [about, usage].filter((found) => found !== '')) {
        const own = sectionsOf(part)
        for (const [at, { url }] of listRenderedUrls(part).entries()) {
          const target = at % slugs.length
          if (url.startsWith(`${URL}#`)) {
            expect(decodeURIComponent(url.slice(URL.length + 1))).toBe(slugs[target])
            expect([...own.values()]).not.toContain(target)
          } else expect(own.get(decodeURIComponent(url.slice(1)))).toBe(target)
          found.push(target)
        }
      }
      expect(found).toHaveLength(slugs.length ** 2)
    })
  )
})

/** Returns the number of each section of a text by the anchor of its heading. */
function sectionsOf(text: string): ReadonlyMap<string, number> {
  const slugger = new GithubSlugger()
  const sections = new Map<string, number>()
  let slug = ''
  visit(parseGfm(text), ['heading', 'paragraph'], (node) => {
    if (node.type === 'heading') slug = slugger.slug(toString(node))
    const number = /^Section (\d+)\./.exec(toString(node))?.[1]
    if (number !== undefined) sections.set(slug, Number(number))
  })
  return sections
}
