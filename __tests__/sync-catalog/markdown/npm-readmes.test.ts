import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'
import {
  fitText,
  MAX_TEXT_LENGTH,
  readReadme,
  readTextFile
} from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { isSoak } from '../../helpers/counts.js'

/** The packages that are installed for development have real READMEs. */
const MODULES = join(import.meta.dirname, '..', '..', '..', 'node_modules')
const COUNT = isSoak ? 100 : 8
const READMES = readdirSync(MODULES)
  .flatMap((name) => ['README.md', 'readme.md'].map((file) => join(MODULES, name, file)))
  .filter((path) => existsSync(path))
  .map((path): [string, string] => [path.slice(MODULES.length + 1), readFileSync(path, 'utf8')])
  .filter(([, text]) => text.length > 3000)
  .filter((_readme, at, all) => at % Math.max(1, Math.floor(all.length / COUNT)) === 0)

const BASE = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'c0ffee',
  path: 'README.md'
}
const HEADINGS = ['Usage', 'Use', 'Quick start', 'Getting started']
const parser = new MarkdownIt({ html: true })

/** Returns the contents of the blocks as markdown-it reads them, without URLs. */
const blocks = (text: string): string[] =>
  parser
    .parse(text, {})
    .filter(({ type }) => ['inline', 'fence', 'code_block', 'html_block'].includes(type))
    .map(({ content }) => content.replace(/\]\([^)]*\)|(?:href|src|srcset)="[^"]*"/g, '').trim())

const relativeUrls = (text: string): string[] =>
  Array.from(
    parser.render(text).matchAll(/(?:href|src)="([^"#][^"]*)"/g),
    ([, url = '']) => url
  ).filter((url) => !/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(url))

it('has enough READMEs', () => {
  expect(READMES.length).toBeGreaterThanOrEqual(isSoak ? 60 : 8)
})

it.each(READMES)('%s arrives whole, linked and within the limit', (_path, source) => {
  const { about, usage } = readReadme(Buffer.from(source), HEADINGS, { base: BASE })
  const parts = [about, usage].flatMap((part) => part ?? [])
  const original = blocks(source.replace(/\r\n?/g, '\n'))
  const repeated = parts.flatMap(({ text }) => blocks(text))
  expect(original.filter((block) => !repeated.includes(block))).toEqual([])
  for (const part of parts) {
    const { text } = part
    expect(relativeUrls(text)).toEqual([])
    expect(readTextFile(Buffer.from(text), { base: BASE }).part.text).toBe(text)
    const fitted = fitText(part, 'https://example.com/')
    expect(fitted.text.length).toBeLessThanOrEqual(MAX_TEXT_LENGTH)
    const kept = blocks(fitted.text).slice(0, fitted.isTruncated ? -2 : undefined)
    expect(kept).toEqual(blocks(text).slice(0, kept.length))
  }
})
