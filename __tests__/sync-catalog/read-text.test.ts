import { readTextFile } from '../../src/sync-catalog/markdown/catalog-texts.js'
import { readText } from '../../src/sync-catalog/read-text.js'

const read = (text: string, maxMilliseconds?: number): string =>
  readText(
    'README.md',
    'readme',
    () => readTextFile(Buffer.from(text), { base: undefined }).text,
    maxMilliseconds
  )

describe('readText', () => {
  it('gives what is read', () => {
    expect(read('# App\n\nWhat it is.\n')).toBe('# App\n\nWhat it is.\n')
  })

  it('names the line that nests too deep, and the way out', () => {
    expect(() => read(`# App\n\n${'!['.repeat(3000)}a${'](b)'.repeat(3000)}\n`)).toThrow(
      /^Input "readme" names a file whose Markdown is too intricate to be read – "README.md" – line 3 nests deeper than 100 levels – simplify it, or give other files as "about" and "usage"$/
    )
  })

  it('ends what takes too long', () => {
    // Time grows with the square of the length: this would take hours.
    expect(() => read('*'.repeat(1_000_000), 50)).toThrow(/takes more than 0.05 s to parse/)
  })

  it('tells apart what is no text at all', () => {
    expect(() =>
      readText('README.md', 'about', () =>
        readTextFile(Buffer.from([0x61, 0xff]), { base: undefined })
      )
    ).toThrow(/^Input "about" names a file that is no Markdown text in UTF-8 .* byte 1/)
  })

  it('leaves a fault of its own as it is', () => {
    const fault = new TypeError('a fault')
    expect(() =>
      readText('README.md', 'readme', () => {
        throw fault
      })
    ).toThrow(fault)
  })
})
