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
    expect(markdown).toContain('<tr><td>v1</td><td>a &#60; b</td></tr>')
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
    const shown = markdown.match(/<td>tag-/g)?.length ?? 0
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
})
