import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fitText, MAX_TEXT_LENGTH } from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { readReadme, readTextFile } from '../../helpers/catalog-texts.js'
import { decodeText, withoutFrontMatter } from '../../../src/sync-catalog/markdown/decode-text.js'
import { isRelative, listBlockTexts, listRenderedUrls } from '../../helpers/markdown-facts.js'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'fixtures', 'readmes')
const HEADINGS = ['Usage', 'Quick start', 'Getting started', 'How to use']

const read = (name: string, file: string): string | undefined => {
  const path = join(DIRECTORY, name, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

const baseOf = (name: string): { base: Parameters<typeof readReadme>[2]['base'] } => ({
  base: {
    serverUrl: 'https://github.com',
    repository: 'acme/app',
    ref: 'c0ffee',
    path: name.startsWith('42-') ? 'packages/api/README.md' : 'README.md'
  }
})

describe.each(readdirSync(DIRECTORY))('the README %s', (name) => {
  const bytes = readFileSync(join(DIRECTORY, name, 'input.md'))
  const readme = readReadme(bytes, HEADINGS, baseOf(name))
  const [about, usage] = [readme.about?.text, readme.usage?.text]
  // Of the sources of a picture, the dark one is removed and the light one gets no condition.
  const original = withoutFrontMatter(decodeText(bytes))
    .replace(/^.*\(prefers-color-scheme: dark\).*\n/gm, '')
    .replaceAll(' media="(prefers-color-scheme: light)"', '')

  it('is converted to the reviewed texts', () => {
    expect(about).toBe(read(name, 'about.golden.md'))
    expect(usage).toBe(read(name, 'usage.golden.md'))
  })

  it('has every block in exactly one text', () => {
    const parts = [...listBlockTexts(about ?? ''), ...listBlockTexts(usage ?? '')]
    const unlinked = (texts: string[]): string[] =>
      texts
        .map((text) =>
          text.replace(/(?:href|src|srcset|poster)\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)/gi, '')
        )
        .sort()
    expect(unlinked(parts)).toEqual(unlinked(listBlockTexts(original)))
  })

  it('does not keep a relative link', () => {
    const urls = [about, usage].flatMap((text) => listRenderedUrls(text ?? ''))
    expect(urls.filter(({ url }) => isRelative(url))).toEqual([])
  })

  it('keeps every absolute link, and the number of links', () => {
    const before = listRenderedUrls(original).map(({ url }) => url)
    const after = [about, usage]
      .flatMap((text) => listRenderedUrls(text ?? ''))
      .map(({ url }) => url)
    const kept = (urls: string[]): string[] =>
      urls.filter((url) => !isRelative(url) && !url.startsWith('#')).sort()
    expect(kept(after)).toEqual(expect.arrayContaining(kept(before)))
    if (!original.includes('[^')) expect(after).toHaveLength(before.length)
  })

  it('is not changed when its texts are converted again', () => {
    for (const text of [about, usage]) {
      if (text === undefined) continue
      const again = readTextFile(Buffer.from(text), baseOf(name))
      expect(again).toMatchObject({ part: { text }, faults: [], unmatchedMarkers: [] })
      expect(fitText({ text }, undefined)).toMatchObject({ text, isTruncated: false })
    }
  })

  it('is within the limit', () => {
    for (const text of [about ?? '', usage ?? '']) {
      expect(fitText({ text }, 'https://example.com/').text.length).toBeLessThanOrEqual(
        MAX_TEXT_LENGTH
      )
    }
  })
})
