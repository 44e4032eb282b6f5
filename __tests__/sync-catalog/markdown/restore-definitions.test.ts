import { readReadme } from '../../helpers/catalog-texts.js'

const START = '<!-- ecr-public: skip -->'
const END = '<!-- ecr-public: end skip -->'
const base = { serverUrl: 'https://github.com', repository: 'a/b', ref: 'c0', path: 'README.md' }

const read = (text: string): { about: string | undefined; usage: string | undefined } => {
  const { about, usage } = readReadme(Buffer.from(text), ['Usage'], { base })
  return { about: about?.text, usage: usage?.text }
}

const page = (path: string): string => `https://github.com/a/b/blob/c0/${path}`

describe('a skipped definition', () => {
  const skipped = (source: string): string => `${START}\n${source}\n${END}\n`

  it.each([
    ['a link', `[x][r]\n\n${skipped('[r]: z.md')}`, `[x][r]\n\n[r]: ${page('z.md')}\n`],
    [
      'a link in front of it',
      `# A\n\n${skipped('[r]: z.md\n[o]: o.md\n\nHidden [o].')}\n[r]\n`,
      `# A\n\n[r]\n\n[r]: ${page('z.md')}\n`
    ],
    ['a list', `${skipped('[r]: z.md')}\n- [r]\n- b\n`, `- [r]\n- b\n\n[r]: ${page('z.md')}\n`],
    [
      'a text with open code',
      `[r]\n\n${skipped('[r]: z.md')}\n\`\`\`\ncode\n`,
      `[r]: ${page('z.md')}\n\n[r]\n\n\`\`\`\ncode\n`
    ]
  ])('is kept for %s', (_name, text, about) => {
    expect(read(text).about).toBe(about)
  })

  it('is kept in the part that needs it', () => {
    const text = `# A\n\n## Usage\n\n[r]\n\n## B\n\nb\n\n${skipped('[r]: z.md')}`
    expect(read(text)).toEqual({
      about: '# A\n\n## B\n\nb\n',
      usage: `## Usage\n\n[r]\n\n[r]: ${page('z.md')}\n`
    })
  })

  it.each([
    ['only skipped text needs it', `a\n\n${skipped('[r]\n\n[r]: z.md')}`, 'a\n\n'],
    ['it is a footnote', `a[^1]\n\n${skipped('[^1]: Hidden.')}`, 'a\n\n'],
    [
      'the text has another one',
      `[r]\n\n${skipped('[r]: z.md')}\n[r]: y.md\n`,
      `[r]\n\n[r]: ${page('y.md')}\n`
    ]
  ])('is not kept if %s', (_name, text, about) => {
    expect(read(text).about?.trimEnd()).toBe(about.trimEnd())
  })

  it('does not change the anchors of the text after it', () => {
    const text = `[r] [n](#notes-1)\n\n${skipped('# Notes\n\n[r]: z.md')}\n# Notes\n\n\`\`\`\ncode\n`
    expect(read(text).about).toBe(
      `[r]: ${page('z.md')}\n\n[r] [n](#notes)\n\n# Notes\n\n\`\`\`\ncode\n`
    )
  })
})
