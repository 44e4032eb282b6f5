import { truncateMarkdown } from '../../../src/sync-catalog/markdown/truncate-markdown.js'

const ENDING = '*[All](https://x.y/z).*'

/** Truncates `text` to `limit`, and removes the ending and the blank line before it. */
const cut = (text: string, limit: number): string => {
  const { text: result } = truncateMarkdown(text, limit, ENDING)
  expect(result.length).toBeLessThanOrEqual(limit)
  expect(result.endsWith(`${ENDING}\n`)).toBe(true)
  return result.slice(0, -ENDING.length - 1).trimEnd()
}

const filler = (length: number): string =>
  'lorem '
    .repeat(Math.ceil(length / 6))
    .slice(0, length)
    .trim()

describe('truncateMarkdown', () => {
  it('does not change a text that has exactly the maximum length', () => {
    const text = 'x'.repeat(100)
    expect(truncateMarkdown(text, 100, ENDING)).toEqual({ text })
    expect(truncateMarkdown(text, 99, ENDING).cut).toBeDefined()
  })

  it('prefers a cut before a heading to a later cut before a paragraph', () => {
    const text = `# A\n\n${filler(120)}\n\n## B\n\n${filler(40)}\n\n${filler(200)}\n`
    expect(cut(text, 240)).toBe(`# A\n\n${filler(120)}`)
  })

  it('cuts before a paragraph if a cut before the heading would keep less than half', () => {
    const text = `# A\n\nIntro.\n\n## B\n\n${filler(90)}\n\n${filler(90)}\n\n${filler(290)}\n`
    expect(cut(text, 300)).toBe(`# A\n\nIntro.\n\n## B\n\n${filler(90)}\n\n${filler(90)}`)
  })

  it('does not keep a heading without its section', () => {
    const text = `# A\n\n${filler(150)}\n\n## B\n\n### C\n\n${filler(300)}\n`
    expect(cut(text, 240)).toBe(`# A\n\n${filler(150)}`)
  })

  it.each([
    ['a fence', '```sh\n' + 'echo one\n\n'.repeat(40) + '```'],
    ['a fence of tildes', '~~~\n# not a heading\n\n' + 'x\n'.repeat(200) + '~~~'],
    ['indented code', '    one\n\n'.repeat(60)],
    ['a table', '| a |\n|---|\n' + '| b |\n'.repeat(80)],
    ['an HTML block', '<table>\n' + '<tr><td>x</td></tr>\n'.repeat(40) + '</table>'],
    ['an HTML element around Markdown', '<details>\n\n' + 'Text.\n\n'.repeat(60) + '</details>'],
    ['a comment', '<!--\n' + 'x\n\n'.repeat(200) + '-->'],
    ['a quote', '> x\n>\n'.repeat(80)]
  ])('never cuts within %s', (_name, block) => {
    const text = `# A\n\n${filler(150)}\n\n${block}\n\n## B\n\nEnd.\n`
    expect(cut(text, 300)).toBe(`# A\n\n${filler(150)}`)
  })

  it('cuts a list between its items', () => {
    const items = Array.from({ length: 30 }, (_, at) => `- item ${at}\n  - nested\n`)
    const kept = cut(items.join(''), 300)
    expect(kept.split('\n').at(-1)).toBe('  - nested')
    expect(kept.length).toBeGreaterThan(200)
  })

  it('cuts a paragraph that alone is too long at the end of a sentence', () => {
    const sentence = 'This sentence is one of many. '
    const kept = cut(sentence.repeat(30), 300)
    expect(kept.endsWith('many.')).toBe(true)
    expect(kept.length).toBeGreaterThan(230)
  })

  it.each([
    ['words', 'word '.repeat(100), /word$/],
    ['no spaces', '灯'.repeat(400), /^灯+$/],
    ['surrogate pairs', '🚀'.repeat(200), /^🚀+$/u],
    ['families', '👨‍👩‍👧‍👦'.repeat(60), /^(?:👨‍👩‍👧‍👦)+$/u],
    ['combining marks', 'e\u0301'.repeat(300), /^(?:e\u0301)+$/],
    ['entities', '&amp;&#x1F680;'.repeat(40), /^(?:&amp;|&#x1F680;)+$/],
    ['escapes', '\\*'.repeat(200), /^(?:\\\*)*$/]
  ])('does not split a character in a paragraph of %s', (_name, text, pattern) => {
    expect(cut(text, 200)).toMatch(pattern)
  })

  it('does not split a link, code or emphasis in a paragraph', () => {
    const text = `${filler(100)} [a link ${filler(80)}](x.md) \`code ${filler(100)}\` **bold ${filler(100)}**`
    expect(cut(text, 220)).toBe(filler(100))
  })

  it('keeps only the definitions and footnotes that the kept text needs', () => {
    const text = `# A\n\nSee [one] and[^note].\n\n${filler(60)}\n\n## B\n\n[two] ${filler(400)}\n\n[one]: 1.md\n[two]: 2.md\n[three]: 3.md\n\n[^note]: By [three].\n`
    expect(cut(text, 175)).toBe(
      `# A\n\nSee [one] and[^note].\n\n${filler(60)}\n\n[one]: 1.md\n[three]: 3.md\n\n[^note]: By [three].`
    )
  })

  it('closes the open elements, the innermost first', () => {
    const text = `<div align="center">\n<section>\n\n${`${filler(60)}\n\n`.repeat(10)}</section>\n</div>\n`
    const kept = cut(text, 300)
    expect(kept.startsWith('<div align="center">\n<section>\n\nlorem')).toBe(true)
    expect(kept.endsWith('\n\n</section>\n</div>')).toBe(true)
  })

  it('returns an empty text if the first block is too long', () => {
    expect(cut('```\n' + 'x\n'.repeat(300) + '```\n', 100)).toBe('')
  })

  it('names the section of the cut', () => {
    const text = `# A\n\n${filler(100)}\n\n## **Bold** B\n\n${filler(90)}\n\n${filler(400)}\n`
    expect(truncateMarkdown(text, 300, ENDING).cut?.section).toBe('Bold B')
    expect(
      truncateMarkdown(`${filler(100)}\n\n${filler(300)}`, 200, ENDING).cut?.section
    ).toBeUndefined()
  })

  it('truncates a text of 200 kB', () => {
    const section = `## Section\n\n- a [link](x.md)\n- b\n\n${filler(300)}\n\n`
    const { text } = truncateMarkdown(section.repeat(550), 25_600, ENDING)
    expect(text.length).toBeLessThanOrEqual(25_600)
    expect(text.length).toBeGreaterThan(25_000)
  })
})
