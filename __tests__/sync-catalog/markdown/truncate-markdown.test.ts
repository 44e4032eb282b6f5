import { truncateMarkdown } from '../../../src/sync-catalog/markdown/truncate-markdown.js'

const ENDING = '*[All](https://x.y/z).*'

/** Truncates `text` to `limit`, and removes the ending and the blank line before it. */
const cut = (text: string, limit: number): string => {
  const { text: result } = truncateMarkdown(text, limit, { ending: ENDING })
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
    expect(truncateMarkdown(text, 100, { ending: ENDING })).toEqual({ text })
    expect(truncateMarkdown(text, 99, { ending: ENDING }).cut).toBeDefined()
  })

  it('cuts as late as possible', () => {
    const text = `# A\n\n${filler(120)}\n\n## B\n\n${filler(40)}\n\n${filler(200)}\n`
    expect(cut(text, 240)).toBe(`# A\n\n${filler(120)}\n\n## B\n\n${filler(40)}`)
  })

  it('does not keep a heading without its section', () => {
    const text = `# A\n\n${filler(150)}\n\n## B\n\n### C\n\n${filler(220)}\n`
    expect(cut(text, 240)).toBe(`# A\n\n${filler(150)}`)
  })

  const rows = (line: string): string => line.repeat(80)

  it.each([
    ['a fence', '```sh\n' + rows('echo\n\n') + '```', /\n```sh\necho\n(?:\necho\n)+```$/],
    ['a long fence', '~~~~~\n' + rows('~~~\n') + '~~~~~', /\n~~~~~\n(?:~~~\n)+~~~~~$/],
    ['an indented fence', '  ```\n' + rows('  x\n') + '  ```', /\n {2}```\n(?: {2}x\n)+ {2}```$/],
    ['a fence without an end', '```\n' + rows('xxx\n'), /\n```\n(?:xxx\n)+```$/],
    ['indented code', rows('    one\n\n'), /\n\n {4}one(?:\n\n {4}one)+$/],
    ['a table', '| a |\n|---|\n' + rows('| b |\n'), /\n\| a \|\n\|---\|(?:\n\| b \|)+$/],
    [
      'a table in HTML',
      '<table>\n' + rows('<tr><td>x</td></tr>\n') + '</table>',
      /\n<table>(?:\n<tr><td>x<\/td><\/tr>)+\n<\/table>$/
    ],
    [
      'a table in HTML in one line',
      '<table>' + rows('<tr><td>x</td></tr>') + '</table>',
      /\n<table>(?:<tr><td>x<\/td><\/tr>)+\n<\/table>$/
    ],
    ['a task list', rows('- [x] a\n'), /\n\n- \[x\] a(?:\n- \[x\] a)+$/],
    ['a list item', `- a\n\n${rows('  b\n\n')}`, /\n\n- a(?:\n\n {2}b)+$/],
    ['an alert', `> [!NOTE]\n>\n${rows('> x\n>\n')}`, /\n\n> \[!NOTE\]\n(?:>\n> x\n?)+$/],
    [
      'a table in a quote',
      `> | a |\n> |---|\n${rows('> | b |\n')}`,
      /\n> \| a \|\n> \|---\|(?:\n> \| b \|)+$/
    ],
    ['badges', rows('[![a](b.svg)](c)\n'), /\n\n\[!\[a\]\(b\.svg\)\]\(c\)(?:\n\[!\[.*)+$/],
    ['lines with breaks', rows('line  \n'), /\n\nline(?: {2}\nline)+$/],
    [
      'a list in HTML',
      '<ul>\n' + rows('<li>x</li>\n') + '</ul>',
      /\n<ul>(?:\n<li>x<\/li>)+\n<\/ul>$/
    ],
    [
      'a list in HTML without end tags',
      '<ul>\n' + rows('<li>xyz\n') + '</ul>',
      /\n<ul>(?:\n<li>xyz)+\n<\/ul>$/
    ],
    [
      'preformatted text in HTML',
      '<pre><code>\n' + rows('one two\n') + '</code></pre>',
      /\n<pre><code>(?:\none two)+(?:\none)?\n<\/code>\n<\/pre>$/
    ],
    [
      'nested elements around Markdown',
      '<details><summary>S</summary>\n\n<div>\n\n' + rows('x\n\n') + '</div>\n\n</details>',
      /\n<div>\n(?:\nx\n)+\n<\/div>\n<\/details>$/
    ],
    [
      'linked images in HTML',
      '<p>' + rows('<a href="x"><img src="x"></a> ') + '</p>',
      /\n<p>(?:<a href="x"><img src="x"><\/a> ?)+\n<\/p>$/
    ],
    [
      'an HTML element around Markdown',
      '<details><summary>S</summary>\n\n' + rows('Text.\n\n') + '</details>',
      /<\/summary>\n(?:\nText\.\n)+\n<\/details>$/
    ],
    ['a quote', rows('> x\n>\n'), /\n\n> x(?:\n>\n> x)+$/],
    ['a list', rows('1. x\n'), /\n\n1\. x(?:\n1\. x)+$/],
    ['a nested list', `- a\n${rows('  - b\n')}`, /\n\n- a(?:\n {2}- b)+$/],
    [
      'a table in a list',
      `- a\n\n  | a |\n  |---|\n${rows('  | b |\n')}`,
      /\n {2}\|---\|(?:\n {2}\| b \|)+$/
    ],
    [
      'a fence in a quote in a list',
      `- a\n\n  > \`\`\`\n${rows('  > b\n')}  > \`\`\`\n`,
      /\n {2}> ```(?:\n {2}> b)+\n {2}> ```$/
    ],
    [
      'an HTML element in a list',
      `- <details>\n\n${rows('  b\n\n')}  </details>\n`,
      /\n\n- <details>\n(?:\n {2}b\n)+\n {2}<\/details>$/
    ]
  ])('cuts within %s and closes it', (_name, block, pattern) => {
    const text = `# A\n\n${filler(50)}\n\n${block}\n\n## B\n\nEnd.\n`
    const kept = cut(text, 300)
    expect(kept).toMatch(pattern)
    expect(kept.length).toBeGreaterThan(240)
    expect(kept.startsWith(`# A\n\n${filler(50)}\n\n`)).toBe(true)
  })

  it.each([
    ['a comment without an end', '<!--\n' + rows('x\n\n')],
    ['a script', '<script>\n' + rows('x\n\n') + '</script>'],
    ['the header of a table', `| ${rows('a ')} | b |\n|---|---|\n| c | d |`]
  ])('does not cut within %s', (_name, block) => {
    const text = `# A\n\n${filler(150)}\n\n${block}\n\n## B\n\nEnd.\n`
    expect(cut(text, 300)).toBe(`# A\n\n${filler(150)}`)
  })

  it('cuts a list between its items', () => {
    const items = Array.from({ length: 30 }, (_, at) => `- item ${at}\n  - nested\n`)
    const kept = cut(items.join(''), 300)
    expect(kept).toMatch(/^(?:- item \d+\n {2}- nested\n)+- item \d+(?:\n {2}- nested)?$/)
    expect(kept.length).toBeGreaterThan(250)
  })

  it('cuts a paragraph that alone is too long between words', () => {
    const sentence = 'This sentence is one of many. '
    const kept = cut(sentence.repeat(30), 300)
    expect(sentence.repeat(30).startsWith(`${kept} `)).toBe(true)
    expect(kept.length).toBeGreaterThan(265)
  })

  it('cuts a paragraph that is longer than the limit even if most of the limit is used', () => {
    const kept = cut(`${filler(180)}\n\n${filler(600)}\n`, 300)
    expect(kept.length).toBeGreaterThan(265)
    expect(cut(`${filler(180)}\n\n${filler(250)}\n`, 300)).toBe(filler(180))
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

  it.each([
    ['emphasis', `**bold ${filler(300)}**`, /^\*\*bold (?:lorem ?)+\*\*$/],
    ['nested emphasis', `**_bold ${filler(300)}_**`, /^\*\*_bold (?:lorem ?)+_\*\*$/],
    ['a link', `[a ${filler(300)}](x.md)`, /^\[a (?:lorem ?)+\]\(x\.md\)$/],
    [
      'a full reference',
      `[a ${filler(300)}][x]\n\n[x]: x.md`,
      /^\[a (?:lorem ?)+\]\[x\]\n\n\[x\]: x\.md$/
    ],
    ['an HTML element', `<b>a ${filler(300)}</b>`, /^<b>a (?:lorem ?)+<\/b>$/],
    ['a heading', `## a ${filler(300)} ##`, /^## a (?:lorem ?)+ ##$/],
    ['a setext heading', `a ${filler(300)}\n---`, /^a (?:lorem ?)+\n---$/],
    ['a quote', `> a ${filler(300)}`, /^> a (?:lorem ?)+$/],
    ['a list item', `- a ${filler(300)}`, /^- a (?:lorem ?)+$/],
    ['a table cell', `| a | b |\n|---|---|\n| ${filler(300)} | c |`, /\n\| (?:lorem ?)+ \|$/],
    ['a line of code', `\`\`\`\na ${filler(300)}\n\`\`\``, /^```\na (?:lorem ?)+\n```$/],
    ['an HTML block', `<div>a ${filler(300)}</div>`, /^<div>a (?:lorem ?)+\n<\/div>$/],
    ['a code span', `a \`${filler(300)}\` b`, /^a `(?:lorem ?)+`$/]
  ])('cuts %s that is too long between words, and closes it', (_name, text, pattern) => {
    const kept = cut(text, 200)
    expect(kept).toMatch(pattern)
    expect(kept.length).toBeGreaterThan(160)
  })

  it.each([
    ['a URL', `https://example.com/${'x'.repeat(300)}`],
    ['a label', `[${'x '.repeat(150)}]\n\n[${'x '.repeat(150)}]: a.md`]
  ])('does not split %s in a paragraph', (_name, block) => {
    expect(cut(`${filler(50)} ${block}\n`, 220)).toBe(filler(50))
  })

  it('keeps the readable text if the text cannot be cut anywhere', () => {
    const text = `| ${'a[b '.repeat(100)} |\n|---|\n| c |\n`
    expect(cut(text, 200)).toMatch(/^(?:a\\\[b ?){10,}$/)
  })

  it('keeps only the definitions and footnotes that the kept text needs', () => {
    const text = `# A\n\nSee [one] and[^note].\n\n${filler(60)}\n\n## B\n\n[two] ${filler(400)}\n\n[one]: 1.md\n[two]: 2.md\n[three]: 3.md\n\n[^note]: By [three].\n`
    expect(cut(text, 175)).toBe(
      `# A\n\nSee [one] and[^note].\n\n${filler(60)}\n\n[one]: 1.md\n[three]: 3.md\n\n[^note]: By [three].`
    )
  })

  it('does not cut a text that is within the limit without the definitions that it does not need', () => {
    const text = `# A\n\n${filler(100)}\n\n[used]\n\n[used]: 1.md\n[unused]: ${'2'.repeat(100)}.md\n\n[^unused]: ${filler(100)}\n`
    expect(truncateMarkdown(text, 200, { ending: ENDING })).toEqual({
      text: `# A\n\n${filler(100)}\n\n[used]\n\n[used]: 1.md\n`
    })
    const lists = `- a\n\n[^unused]: ${filler(100)}\n\n- b\n`
    expect(truncateMarkdown(lists, 50, { ending: ENDING })).toEqual({
      text: '- a\n\n<!-- -->\n\n- b\n'
    })
    expect(truncateMarkdown('[^a]: Unused.\n', 10, { ending: ENDING })).toEqual({ text: '' })
  })

  it.each([
    ['a block', '<!--\n' + rows('x\n\n') + '-->\n\nEnd.', '<!-- -->\n\nEnd.'],
    ['a line', `Text <!-- ${filler(300)} --> end.`, 'Text <!-- --> end.'],
    ['a quote', `> <!--\n${rows('> x\n')}> -->\n> End.`, '> <!-- -->\n> End.'],
    ['HTML', `<div>\n<!-- ${filler(300)} -->\nEnd.\n</div>`, '<div>\n<!-- -->\nEnd.\n</div>']
  ])('empties comments in %s before it cuts', (_name, block, rest) => {
    const text = `# A\n\n${block}\n`
    expect(truncateMarkdown(text, 100, { ending: ENDING })).toEqual({ text: `# A\n\n${rest}\n` })
    const long = `# A\n\n${block}\n\n${rows('Words.\n\n')}`
    expect(cut(long, 300)).toMatch(/End\.|end\./)
  })

  it('keeps comments in code', () => {
    const text = `# A\n\n\`\`\`\n<!-- ${filler(60)} -->\n\`\`\`\n\n${rows('Words.\n\n')}`
    expect(cut(text, 300)).toContain(`<!-- ${filler(60)} -->`)
  })

  const long = `data:image/png;base64,${'A'.repeat(5000)}`

  it.each([
    ['an image', `![A *b*](${long}) x`, 'A b x'],
    ['an image with special characters', `![1. \\*b_](${long}) x`, '1&#46; &#42;b&#95; x'],
    ['an image without a text', `x ![](${long})`, 'x'],
    ['an image by reference', `![A][i] x\n\n[i]: ${long}`, 'A x'],
    ['a linked image', `[![A](${long})](a.md) x`, '[A](a.md) x'],
    ['a link', `[A **b**](${long}) x`, 'A **b** x'],
    ['a link by reference', `[A] x\n\n[a]: ${long}`, 'A x'],
    ['a long link of a long image', `[![A](${long})](${long}) x`, 'A x'],
    ['an autolink', `<https://example.com/${long}> x`, '… x'],
    ['an image in HTML', `<p><img src="${long}" alt="A <b>"> x</p>`, '<p>A &#60;b&#62; x</p>'],
    ['a link in HTML', `<a class=c href='${long}' id="i">A</a> x`, '<a class=c id="i">A</a> x'],
    ['a source in HTML', `<video><source src=${long}></video> x`, '<video><source></video> x']
  ])('replaces the long URL of %s before it cuts', (_name, block, rest) => {
    const { text, cut: found } = truncateMarkdown(`# A\n\n${block}\n`, 200, { ending: ENDING })
    expect(text).toBe(`# A\n\n${rest}\n\n${ENDING}\n`)
    expect(found).toEqual({ length: expect.any(Number), section: undefined })
    expect(cut(`# A\n\n${block}\n\n${rows('Words.\n\n')}`, 300).length).toBeGreaterThan(250)
  })

  it('keeps long URLs of a text that is within the limit', () => {
    const text = `![A](${long})\n`
    expect(truncateMarkdown(text, 6000, { ending: ENDING })).toEqual({ text })
  })

  it('closes the open elements, the innermost first', () => {
    const text = `<div align="center">\n<section>\n\n${`${filler(60)}\n\n`.repeat(10)}</section>\n</div>\n`
    const kept = cut(text, 300)
    expect(kept.startsWith('<div align="center">\n<section>\n\nlorem')).toBe(true)
    expect(kept.endsWith('\n\n</section>\n</div>')).toBe(true)
  })

  it('names the section of the cut', () => {
    const text = `# A\n\n${filler(100)}\n\n## **Bold** B\n\n${filler(90)}\n\n${filler(400)}\n`
    expect(truncateMarkdown(text, 300, { ending: ENDING }).cut?.section).toBe('Bold B')
    expect(
      truncateMarkdown(`${filler(100)}\n\n${filler(300)}`, 200, { ending: ENDING }).cut?.section
    ).toBeUndefined()
  })

  it('applies the edits for the position of the cut, and they count', () => {
    const text = `[b](#b) ${filler(50)}\n\n${'Words.\n\n'.repeat(40)}# B\n`
    const { text: result } = truncateMarkdown(text, 300, {
      ending: ENDING,
      editsFor: (document) => {
        const target = document.tree.children.at(-1)?.position?.start.offset ?? 0
        return [{ start: 4, end: 6, text: 'https://example.com/#b', target }]
      }
    })
    expect(result.startsWith('[b](https://example.com/#b) lorem')).toBe(true)
    expect(result.length).toBeLessThanOrEqual(300)
    expect(result.length).toBeGreaterThan(285)
  })

  it('truncates a text of 200 kB', () => {
    const section = `## Section\n\n- a [link](x.md)\n- b\n\n${filler(300)}\n\n`
    const { text } = truncateMarkdown(section.repeat(550), 25_600, { ending: ENDING })
    expect(text.length).toBeLessThanOrEqual(25_600)
    expect(text.length).toBeGreaterThan(25_200)
  })
})
