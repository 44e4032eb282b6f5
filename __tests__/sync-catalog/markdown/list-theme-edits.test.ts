import { parseDocument } from '../../../src/sync-catalog/markdown/document.js'
import { applyEdits } from '../../../src/sync-catalog/markdown/edits.js'
import { listThemeEdits } from '../../../src/sync-catalog/markdown/list-theme-edits.js'

const keep = (text: string): string => applyEdits(text, listThemeEdits(parseDocument(text)))

const DARK = '![d](d.png#gh-dark-mode-only)'
const LIGHT = '![l](l.png#gh-light-mode-only)'
const html = (theme: string): string => `<img src="x.png#gh-${theme}-mode-only">`

describe('a pair of images for the dark and the light theme', () => {
  it.each([
    ['in a line', `${DARK} ${LIGHT}\n`, ` ${LIGHT}\n`],
    ['in lines', `a\n${DARK}\n${LIGHT}\n`, `a\n${LIGHT}\n`],
    ['in paragraphs', `${LIGHT}\n\n${DARK}\n\nText\n`, `${LIGHT}\n\n\nText\n`],
    ['in links', `[${DARK}](a.md)\n[${LIGHT}](a.md)\n`, `[${LIGHT}](a.md)\n`],
    [
      'by reference',
      `![d][d] ${LIGHT}\n\n[d]: d.png#gh-dark-mode-only\n`,
      ` ${LIGHT}\n\n[d]: d.png#gh-dark-mode-only\n`
    ],
    [
      'in HTML',
      `<p>\n  ${html('dark')}\n  ${html('light')}\n</p>\n`,
      `<p>\n  ${html('light')}\n</p>\n`
    ],
    [
      'in HTML links',
      `<a href="a">${html('dark')}</a><a href="a">${html('light')}</a>\n`,
      `<a href="a">${html('light')}</a>\n`
    ],
    ['twice', `${DARK}\n${DARK}\n${LIGHT}\n${LIGHT}\n`, `${LIGHT}\n${LIGHT}\n`]
  ])('keeps only the light image %s', (_name, text, kept) => {
    expect(keep(text)).toBe(kept)
    expect(keep(kept)).toBe(kept)
  })

  const LONE = '![x](x.png#gh-dark-mode-only)'

  it.each([
    ['in the line', `${LONE} ${DARK} ${LIGHT}\n`, `${LONE}  ${LIGHT}\n`],
    ['in the paragraph', `${LONE}\n${DARK}\n${LIGHT}\n`, `${LONE}\n${LIGHT}\n`],
    ['in a paragraph', `${LONE}\n\n${DARK}\n${LIGHT}\n`, `${LONE}\n\n${LIGHT}\n`],
    ['and a light one', `${LONE}\n\n${LIGHT}\n${DARK}\n`, `${LONE}\n\n${LIGHT}\n`],
    ['in paragraphs', `${LONE}\n\n${DARK}\n\n${LIGHT}\n`, `${LONE}\n\n\n${LIGHT}\n`]
  ])('does not include a dark image before it %s', (_name, text, kept) => {
    expect(keep(text)).toBe(kept)
  })

  it.each([
    [
      'dark and light sources',
      '<source media="(prefers-color-scheme: dark)" srcset="d.png">\n<source media="(prefers-color-scheme: light)" srcset="l.png">\n',
      '<source srcset="l.png">\n'
    ],
    ['a dark source', "<source srcset=d.png media='(prefers-color-scheme:dark)'/>\n", ''],
    [
      'sources on one line',
      '<source media="screen and (prefers-color-scheme: dark)" srcset="d.png"><source srcset="l.png" media="(prefers-color-scheme: light)">',
      '<source srcset="l.png">'
    ],
    [
      'sources with further conditions',
      '<source media="(prefers-color-scheme: dark) and (min-width: 9px)" srcset="d.png">\n<source media="(prefers-color-scheme: light) and (min-width: 9px)" srcset="l.png">\n',
      '<source media="(prefers-color-scheme: light) and (min-width: 9px)" srcset="l.png">\n'
    ]
  ])('keeps only the light image of a picture with %s', (_name, sources, kept) => {
    const around = [
      ['<picture>\n', '<img src="x.png">\n</picture>\n'],
      ['Text <picture>', '<img src="x.png"></picture>\n'],
      ['> <picture>', '<img src="x.png"></picture>\n']
    ] as const
    for (const [before, after] of around) {
      const isBlock = before.endsWith('\n')
      const wrap = (found: string): string =>
        before + (isBlock ? found : found.replaceAll('\n', '')) + after
      expect(keep(wrap(sources))).toBe(wrap(kept))
      expect(keep(wrap(kept))).toBe(wrap(kept))
    }
  })

  it.each([
    ['other conditions', '<source media="(min-width: 9px)" srcset="d.png">'],
    ['both themes', '<source media="(prefers-color-scheme: dark), print" srcset="d.png">'],
    ['another condition', '<source media="not (prefers-color-scheme: dark)" srcset="d.png">']
  ])('does not change a picture with %s', (_name, source) => {
    const text = `<picture>\n${source}\n<img src="x.png">\n</picture>\n`
    expect(keep(text)).toBe(text)
  })

  it('does not change the sources of a video', () => {
    const text = '<video><source media="(prefers-color-scheme: dark)" src="d.mp4"></video>\n'
    expect(keep(text)).toBe(text)
  })

  it.each([
    ['one image', `${DARK}\n`],
    ['a distant image', `${DARK}\n\nText\n\nText\n\n${LIGHT}\n`],
    ['code', `\`${DARK}\` ${LIGHT}\n`],
    ['other anchors', '![d](d.png#dark) ![l](l.png#light)\n']
  ])('does not include %s', (_name, text) => {
    expect(keep(text)).toBe(text)
  })
})
