import { parseMarkdown } from '../../../src/sync-catalog/markdown/parse-markdown.js'
import { parseGfm, shapeOf } from '../../helpers/markdown-facts.js'

const withPositions = (node: object): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === 'data' ? undefined : value)))

const blocks = (at: number): string => `# Heading ${at}

Text with [inline](a.md), [far reference][ref ${(at * 7) % 90}], [shortcut], [nothing] and a note.[^n${(at * 11) % 90}]

- list
  - nested

    para

1. one
2. two

> quote
lazy [ref ${at}]

    indented code

| a | b |
|---|---|
| c | [d][REF ${89 - at}] |

\`\`\`sh
# not a heading

\`\`\`

<div>

html

</div>

[ref ${at}]: <target ${at}.md> "title"

[^n${at}]: Footnote ${at}

    with a second paragraph.

Setext
------
`

describe('parseMarkdown', () => {
  it('parses a long text in chunks with the same result as in a single pass', () => {
    const text = `${Array.from({ length: 90 }, (_, at) => blocks(at)).join('\n')}\n[shortcut]: end.md\n`
    const { children } = parseMarkdown(text)
    const whole = parseGfm(text)
    expect(children).toHaveLength(whole.children.length)
    expect(children.map(withPositions)).toEqual(whole.children.map(withPositions))
  })

  it('does not split a block that is longer than a chunk', () => {
    const text = `\`\`\`\n${'# code\n\n'.repeat(6_000)}\`\`\`\n\n# Heading\n\nEnd.\n`
    expect(parseMarkdown(text).children.map(({ type }) => type)).toEqual([
      'code',
      'heading',
      'paragraph'
    ])
  })

  it('extends an unclosed fence to the end of a long text', () => {
    const text = `${'Text.\n\n'.repeat(3000)}\`\`\`\n${'# code\n\n'.repeat(5000)}`
    const { children } = parseMarkdown(text)
    expect(children).toHaveLength(3001)
    expect(children.at(-1)?.type).toBe('code')
  })

  it('records the ranges of destinations', () => {
    const text = '[a](<b c> "t") ![d](e)\n\n> [f]: g\n'
    const found: string[] = []
    const tree = parseMarkdown(text)
    JSON.stringify(tree, (key, value: unknown) => {
      if (key === 'destination') {
        const { start, end } = value as { start: number; end: number }
        found.push(text.slice(start, end))
      }
      return value
    })
    expect(found).toEqual(['b c', 'e', 'g'])
    expect(shapeOf(tree)).toEqual(shapeOf(parseGfm(text)))
  })
})
