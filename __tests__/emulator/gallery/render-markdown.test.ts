import fc from 'fast-check'
import { raw } from 'hast-util-raw'
import type { Nodes } from 'hast'
import { renderMarkdown } from '../../../src/emulator/gallery/render-markdown.js'
import { EVIL, HOSTILE, HOSTILE_README, UNCLOSED, BROKEN } from './hostile-readme.js'

async function render(markdown: string, externalImages = false): Promise<string> {
  return String(await renderMarkdown(markdown, { externalImages, anchorPrefix: 'about-' }))
}

test('does not render a text that would keep the parser busy for minutes', async () => {
  const options = { externalImages: false, anchorPrefix: 'about-' }
  expect(await renderMarkdown('*_'.repeat(12_800), options, 500)).toBeUndefined()
  expect(await render('**next**')).toBe('<p><strong>next</strong></p>')
})

test('renders a text once, also if it was too complex', async () => {
  const options = { externalImages: false, anchorPrefix: 'about-' }
  expect(await renderMarkdown('once', options)).toBe(await renderMarkdown('once', options))
  // It takes a second.
  const hostile = '['.repeat(25_600)
  expect(await renderMarkdown(hostile, options, 10)).toBeUndefined()
  expect(await renderMarkdown(hostile, options)).toBeUndefined()
  // The other options have results of their own.
  expect(String(await renderMarkdown('# a', options))).toContain('about-a')
  expect(String(await renderMarkdown('# a', { ...options, anchorPrefix: 'b-' }))).toContain('b-a')
})

test('keeps the results of a limited number of texts', async () => {
  const options = { externalImages: false, anchorPrefix: 'about-' }
  const first = await renderMarkdown('first', options)
  for (let count = 0; count < 32; count++) await renderMarkdown(`text ${count}`, options)
  expect(await renderMarkdown('first', options)).not.toBe(first)
})

/** Finds dangerous elements in the tree that a browser would create. */
function dangersIn(html: string): string[] {
  const dangers: string[] = []
  const visit = (node: Nodes): void => {
    if (node.type === 'element') {
      const { tagName, properties } = node
      if (!ALLOWED.has(tagName)) dangers.push(`<${tagName}>`)
      for (const [name, value] of Object.entries(properties)) {
        if (/^on/i.test(name) || ['style', 'srcDoc', 'action', 'ping'].includes(name)) {
          dangers.push(`${tagName} ${name}`)
        }
        if (['href', 'src', 'srcSet', 'cite'].includes(name)) {
          const isSafe = /^(https?:|mailto:|#|\/)/.test(String(value))
          if (!isSafe) dangers.push(`${tagName} ${name}=${String(value)}`)
        }
      }
    }
    if ('children' in node) node.children.forEach(visit)
  }
  visit(raw({ type: 'root', children: [{ type: 'raw', value: html }] }))
  return dangers
}

const ALLOWED = new Set(
  (
    'a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input ins kbd li ol p ' +
    'picture pre q rp rt ruby s samp section source span strike strong sub summary sup table tbody td ' +
    'tfoot th thead tr tt ul var'
  ).split(' ')
)

describe("GitHub's Markdown", () => {
  test.each([
    ['# A title', '<h1 id="about-a-title">A title</h1>'],
    ['# Same\n\n# Same', '<h1 id="about-same">Same</h1>\n<h1 id="about-same-1">Same</h1>'],
    ['~~gone~~', '<p><del>gone</del></p>'],
    [
      '- [x] done',
      /<li class="task-list-item"><input type="checkbox" checked disabled aria-label="Completed task"> done/
    ],
    ['| a |\n|:-:|\n| b |', /<th align="center">a<\/th>[^]*<td align="center">b<\/td>/],
    ['```sh\nls <x>\n```', '<pre><code class="language-sh">ls &#x3C;x>\n</code></pre>'],
    ['https://example.com', /<a href="https:\/\/example\.com" rel="nofollow noopener noreferrer">/],
    ['H<sub>2</sub>O and <kbd>Ctrl</kbd>', '<p>H<sub>2</sub>O and <kbd>Ctrl</kbd></p>'],
    ['<details><summary>More</summary>\n\n**text**\n\n</details>', /<details>[^]*<strong>text/],
    ['<p align="center">middle</p>', '<p align="center">middle</p>'],
    ['One\\\ntwo', '<p>One<br>\ntwo</p>']
  ])('renders %j', async (markdown, html) => {
    if (typeof html === 'string') expect(await render(markdown)).toBe(html)
    else expect(await render(markdown)).toMatch(html)
  })

  test('links within the text lead to headings and footnotes', async () => {
    const html = await render('[Go](#set-up)\n\n## Set up\n\nText[^1].\n\n[^1]: Note.')
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, target]) => target)
    expect(targets.length).toBeGreaterThan(2)
    expect(targets.filter((target) => !ids.has(target))).toEqual([])
  })

  test('a relative link is marked and cannot be followed', async () => {
    for (const address of ['docs/guide.md', './x', '../x', '/x', '?x']) {
      const html = await render(`[guide](${address})`)
      expect(html).toContain('class="relative-link"')
      expect(html).not.toContain('href')
    }
  })

  test('an image of another host is a frame with its alternative text, or is loaded with externalImages', async () => {
    const markdown = `![Build status](${EVIL}/badge.svg)`
    const framed = await render(markdown)
    expect(framed).toMatch(/<span class="image-frame"[^>]*>Build status<\/span>/)
    expect(framed).not.toContain('<img')
    const loaded = await render(markdown, true)
    expect(loaded).toContain(`<img src="${EVIL}/badge.svg" alt="Build status"`)
    expect(loaded).toContain('referrerpolicy="no-referrer"')
    expect(await render('![here](image.png)', true)).toContain('class="image-frame"')
  })

  test('a picture keeps its image and loses its sources', async () => {
    const html = await render(
      `<picture><source srcset="${EVIL}/dark.png"><img alt="Logo" src="${EVIL}/light.png"></picture>`
    )
    expect(html).toContain('>Logo</span>')
    expect(html).not.toContain('srcset')
  })
})

describe('hostile Markdown', () => {
  test.each([...HOSTILE, ...UNCLOSED])('makes %s harmless', async (markdown) => {
    expect(dangersIn(await render(markdown))).toEqual([])
    expect(dangersIn(await render(markdown, true))).toEqual([])
  })

  test('images and sources do not cause requests to other hosts', async () => {
    const html = await render(HOSTILE.join('\n\n'))
    expect(html).not.toMatch(/<(img|source|link|script|iframe|video|audio|object|embed)\b/)
    expect(html).not.toMatch(/ (src|srcset|background|style|ping)=/)
  })

  test.each([...HOSTILE, ...UNCLOSED, ...BROKEN])(
    '%s does not hide the text after it',
    async (broken) => {
      const after = '# Title\n\n| a |\n|---|\n| The end |\n\nLast [words](https://example.com/).\n'
      const html = await render(`Before.\n\n${broken}\n\n${after}`)
      expect(html).toMatch(/<h1 id="about-title">Title<\/h1>\s*<table>[^]*<td>The end<\/td>/)
      expect(html).toMatch(/<p>Last <a href="https:\/\/example\.com\/"[^>]*>words<\/a>\.<\/p>/)
      expect(html.startsWith('<p>Before.</p>')).toBe(true)
    }
  )

  test('an element around Markdown is kept', async () => {
    const text = '<details>\n<summary>S</summary>\n\n**bold** <sub>low</sub>\n\n</details>\n\nEnd'
    expect(await render(text)).toMatch(
      /^<details>\s*<summary>S<\/summary>[^]*<strong>bold<\/strong> <sub>low<\/sub>[^]*<\/details>\s*<p>End<\/p>$/
    )
  })

  test('the end of the text is readable', async () => {
    expect(await render(HOSTILE_README)).toContain('The end.')
  })

  test('no combination of its parts is harmful', async () => {
    const part = fc.oneof(
      fc.constantFrom(...HOSTILE, ...UNCLOSED),
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '`',
        '\n',
        '</',
        '<!--',
        '-->',
        '<a href=',
        '<p ',
        '&#x6a;'
      ),
      fc.string({ maxLength: 10 })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        expect(dangersIn(await render(parts.join('')))).toEqual([])
      }),
      { numRuns: 200 }
    )
  }, 120_000)
})
