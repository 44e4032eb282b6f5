import { readReadme } from '../../helpers/catalog-texts.js'

const START = '<!-- ecr-public: skip -->'
const END = '<!-- ecr-public: end skip -->'
const FOOTNOTES = `${START}\n[^1]: One.\n[^2]: Two.\n${END}\n`
const base = { serverUrl: 'https://github.com', repository: 'a/b', ref: 'c0', path: 'README.md' }

const read = (text: string): { about: string | undefined; usage: string | undefined } => {
  const { about, usage } = readReadme(Buffer.from(text), ['Usage'], { base })
  return { about: about?.text, usage: usage?.text }
}

describe('a reference to a skipped footnote', () => {
  it.each([
    ['after a word', 'a[^1] b', 'a b'],
    ['after a space', 'a [^1].', 'a.'],
    ['at the end of a line', 'a [^1]\nb', 'a\nb'],
    ['next to another one', 'a[^1] [^2] b', 'a b'],
    ['at the end of emphasis', '**a [^1]** b', '**a** b'],
    ['at the beginning of emphasis', '**[^1] a** b', '**a** b'],
    ['as the only text of emphasis', 'a **_[^1]_** b', 'a b'],
    ['as the only text of a link', '[[^1]](x.md) b', 'b'],
    ['after code', '`a` [^1] b', '`a` b'],
    ['on a line of a paragraph', 'a\n[^1]\nb', 'a\nb'],
    ['on a line of a quote', '> a\n> [^1]\n> b', '> a\n> b'],
    ['in a list item', '- [^1] a\n- b', '- a\n- b'],
    ['in table cells', '| a |\n| --- |\n| b [^1] |\n| [^2] |', '| a |\n| --- |\n| b |\n|  |'],
    ['in an HTML element', '<b>a[^1]</b> b', '<b>a</b> b'],
    ['in another footnote', 'a[^3]\n\n[^3]: b[^1]', 'a[^3]\n\n[^3]: b']
  ])('is removed %s', (_name, text, about) => {
    for (const source of [`${text}\n\n${FOOTNOTES}\nEnd.\n`, `${FOOTNOTES}\n${text}\n\nEnd.\n`])
      expect(read(source).about).toBe(`${about}\n\nEnd.\n`)
  })

  it('is removed with its paragraph', () => {
    expect(read(`a\n\n[^1] [^2]\n\n${FOOTNOTES}\nb\n`).about).toBe('a\n\nb\n')
  })

  it('is removed from the usage text', () => {
    expect(read(`# A[^1]\n\n## Usage\n\nb[^2]\n\n${FOOTNOTES}`)).toEqual({
      about: '# A\n',
      usage: '## Usage\n\nb\n'
    })
  })

  it('does not change the anchors of the text around it', () => {
    const skipped = `${START}\n## B\n\n[^1]: One.\n${END}\n`
    const { about } = read(`[x](#b-1) [y](#b--c)\n\n[^1]\n\n${skipped}\n## B [^1] c\n\n## B[^1]\n`)
    expect(about).toBe('[x](#b) [y](#b-c)\n\n## B c\n\n## B\n')
  })

  it.each([
    ['code', '`[^1]`'],
    ['a code block', '```\n[^1]\n```'],
    ['an HTML block', '<div>[^1]</div>'],
    ['escaped brackets', '\\[^1]'],
    ['brackets that no footnote defines', 'a [^3]']
  ])('is not seen in %s', (_name, text) => {
    expect(read(`${text}\n\n${FOOTNOTES}`).about?.trim()).toBe(text)
  })

  it('is kept if the rest defines the footnote again', () => {
    const text = 'a[^1]\n\n[^1]: Mine.\n'
    expect(read(`${FOOTNOTES}\n${text}`).about).toBe(text)
  })
})

it('keeps a footnote of the other part for each text that refers to it', () => {
  const footnotes = '[^1]: One [r].\n\n[r]: https://example.com\n'
  const { about, usage } = read(`a[^1]\n\n## Usage\n\nb[^1]\n\n${footnotes}`)
  expect(about).toBe('a[^1]\n\n[r]: https://example.com\n\n[^1]: One [r].\n')
  expect(usage).toBe(`## Usage\n\nb[^1]\n\n${footnotes}`)
})
