import { renderSummary } from '../../src/runner/summary.js'

describe('renderSummary', () => {
  it('renders every kind of block and escapes their texts', () => {
    const markdown = renderSummary('Plan of <team>', [
      { kind: 'paragraph', text: 'Two <b>changes</b>' },
      { kind: 'heading', text: 'team/app' },
      { kind: 'table', columns: ['Tag', 'Reason'], rows: [['v1', 'a < b']] },
      { kind: 'code', language: 'diff', text: '+ added' },
      { kind: 'code', language: 'diff', text: '- removed', title: 'Usage text' },
      { kind: 'section', title: 'More', blocks: [{ kind: 'paragraph', text: 'Details' }] },
      { kind: 'link', label: 'Gallery', url: 'https://gallery.ecr.aws/a/b?c="d"' }
    ])
    expect(markdown).toContain('### Plan of &#60;team&#62;')
    expect(markdown).toContain('Two &#60;b&#62;changes&#60;/b&#62;')
    expect(markdown).toContain('#### team/app')
    expect(markdown).toContain('<tr><td>v1</td><td nowrap>a &#60; b</td></tr>')
    expect(markdown).toContain('+ added')
    expect(markdown).toMatch(/<details><summary>Usage text<\/summary>\n\n[^]*- removed/)
    expect(markdown).toMatch(/<details><summary>More<\/summary>\n\nDetails/)
    expect(markdown).toContain(
      '<a href="https&#58;//gallery.ecr.aws/a/b?c=&#34;d&#34;">Gallery</a>'
    )
  })

  it('counts the rows of a table that do not fit', () => {
    const rows = Array.from({ length: 30_000 }, (_, at) => [`tag-${String(at)}`, 'x'.repeat(40)])
    const markdown = renderSummary('Plan', [{ kind: 'table', columns: ['Tag', 'Reason'], rows }])
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(1_000_000)
    const shown = markdown.match(/<td(?: nowrap)?>tag-/g)?.length ?? 0
    expect(shown).toBeGreaterThan(10_000)
    expect(markdown).toContain(`… and ${String(30_000 - shown)} more`)
  })

  it('ends before a block that does not fit, and names the plan file', () => {
    const text = 'x'.repeat(600_000)
    const markdown = renderSummary('Plan', [
      { kind: 'paragraph', text },
      { kind: 'paragraph', text }
    ])
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(1_000_000)
    expect(markdown).toMatch(/_The summary ends here [^_]*plan-file\._\n$/)
  })

  test('renders a heading below the title', () => {
    expect(renderSummary('Title', [{ kind: 'heading', text: 'Needs *attention*' }])).toBe(
      '### Title\n\n#### Needs &#42;attention&#42;\n'
    )
  })

  test('renders a section as a collapsed element with its blocks', () => {
    const blocks = [
      { kind: 'paragraph', text: 'One.' },
      { kind: 'table', columns: ['a'], rows: [['1']] }
    ] as const
    expect(renderSummary('Title', [{ kind: 'section', title: 'team/app <1>', blocks }])).toBe(
      [
        '### Title\n',
        '<details><summary>team/app &#60;1&#62;</summary>\n',
        'One.\n',
        '<table><tr><th>a</th></tr>\n<tr><td>1</td></tr>\n</table>\n',
        '</details>\n'
      ].join('\n')
    )
  })

  test('keeps the text of a short cell on one line', () => {
    const rows = [['2026-06-01 12:00', 'v1.2.3', `a reason of ${'many '.repeat(5)}words`]]
    const text = renderSummary('Title', [{ kind: 'table', columns: ['a', 'b', 'c'], rows }])
    expect(text).toContain('<td nowrap>2026-06-01 12&#58;00</td><td>v1.2.3</td><td>a reason')
  })

  test('cuts the table of a section that is too large, and closes the section', () => {
    const rows = Array.from({ length: 40_000 }, (_, at) => [`row ${String(at)} ${'x'.repeat(30)}`])
    const table = { kind: 'table', columns: ['a'], rows } as const
    const text = renderSummary('Title', [{ kind: 'section', title: 'All', blocks: [table] }])
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
    expect(text).toMatch(
      /<tr><td colspan="1">… and \d+ more<\/td><\/tr>\n<\/table>\n\n<\/details>\n$/
    )
  })

  test('ends before a section that does not fit, with a note', () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => [`row ${String(at)} ${'x'.repeat(30)}`])
    const table = { kind: 'table', columns: ['a'], rows } as const
    const text = renderSummary('Title', [
      table,
      { kind: 'section', title: 'All', blocks: [{ kind: 'paragraph', text: 'x'.repeat(300_000) }] }
    ])
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_048_576)
    expect(text).toContain('The summary ends here because of the size limit of the runner.')
    expect(text).not.toContain('<details>')
  })
})
