import { readReadme } from '../../helpers/catalog-texts.js'

const split = (text: string, headings = ['Usage']): readonly (string | undefined)[] => {
  const { about, usage } = readReadme(Buffer.from(text), headings, { base: undefined })
  return [about?.text, usage?.text]
}

describe('the usage text', () => {
  it('repeats the heading above each section if two sections have the same name', () => {
    const text = '# A\n\n## One\n\nText.\n\n### Usage\n\n1\n\n## Two\n\n### Usage\n\n2\n'
    expect(split(text)).toEqual([
      '# A\n\n## One\n\nText.\n\n## Two\n',
      '## One\n\n### Usage\n\n1\n\n## Two\n\n### Usage\n\n2\n'
    ])
  })

  it('repeats as many levels as needed', () => {
    const tool = (name: string): string => `## ${name}\n\n### Docker\n\n#### Usage\n\n${name}.\n`
    expect(split(`# A\n\n${tool('One')}\n${tool('Two')}`)[1]).toBe(`${tool('One')}\n${tool('Two')}`)
  })

  it('repeats a heading once for all sections below it', () => {
    const tool = (name: string): string => `## ${name}\n\n### Usage\n\n${name}.\n\n### Start\n\nx\n`
    expect(split(`# A\n\n${tool('One')}\n${tool('Two')}`, ['Usage', 'Start'])[1]).toBe(
      `${tool('One')}\n${tool('Two')}`
    )
  })

  it('does not repeat headings if all sections have different names or the same heading above', () => {
    const text = '# A\n\n## One\n\n### Usage\n\n1\n\n## Two\n\n### Start\n\n2\n'
    expect(split(text, ['Usage', 'Start'])[1]).toBe('### Usage\n\n1\n\n### Start\n\n2\n')
    expect(split('# A\n\n## Usage\n\n1\n\n## Usage\n\n2\n')[1]).toBe(
      '## Usage\n\n1\n\n## Usage\n\n2\n'
    )
  })
})

describe('a text that is too long only because of its links', () => {
  const base = {
    serverUrl: 'https://github.com',
    repository: 'acme/app',
    ref: '0123456789abcdef0123456789abcdef01234567',
    path: 'README.md'
  }
  const links = '[a](docs/a.md)\n\n'.repeat(100)
  const read = (text: string): string =>
    readReadme(Buffer.from(text), [], { base, shortRef: 'main' }).about?.text ?? ''

  it('names the branch instead of the commit in its links', () => {
    const fits = read(`# A\n\n${links}${'x'.repeat(18_000)}\n`)
    expect(fits.length).toBeLessThanOrEqual(25_600)
    expect(fits).toContain('(https://github.com/acme/app/blob/main/docs/a.md)')
    expect(fits).not.toContain(base.ref)
  })

  it('keeps the links to the commit if it fits, or if it must be cut anyway', () => {
    for (const length of [10_000, 25_000]) {
      const text = read(`# A\n\n${links}${'x'.repeat(length)}\n`)
      expect(text).toContain(`/blob/${base.ref}/docs/a.md`)
      expect(text).not.toContain('/blob/main/')
    }
  })
})
