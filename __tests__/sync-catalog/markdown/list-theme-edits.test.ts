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

  it.each([
    ['one image', `${DARK}\n`],
    ['a distant image', `${DARK}\n\nText\n\nText\n\n${LIGHT}\n`],
    ['code', `\`${DARK}\` ${LIGHT}\n`],
    ['other anchors', '![d](d.png#dark) ![l](l.png#light)\n']
  ])('does not include %s', (_name, text) => {
    expect(keep(text)).toBe(text)
  })
})
