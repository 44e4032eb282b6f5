import { readTextFile } from '../../src/sync-catalog/markdown/catalog-texts.js'
import { runMarkdownParser } from '../../src/sync-catalog/run-markdown-parser.js'

const read = (text: string, maxMilliseconds?: number): string =>
  runMarkdownParser(
    'README.md',
    'readme',
    () => readTextFile(Buffer.from(text), { base: undefined }).part.text,
    maxMilliseconds
  )

describe('runMarkdownParser', () => {
  it('returns the result of the function', () => {
    expect(read('# App\n\nWhat it is.\n')).toBe('# App\n\nWhat it is.\n')
  })

  it('names the line that is nested too deep, and how to fix it', () => {
    expect(() => read(`# App\n\n${'!['.repeat(3000)}a${'](b)'.repeat(3000)}\n`)).toThrow(
      /^Input "readme" names a Markdown file that is too complex: "README\.md"\. Line 3 is nested deeper than 100 levels\. Simplify the file, or set "about" and "usage" to other files\.$/
    )
  })

  it('interrupts a function that takes too long', () => {
    // The time grows with the square of the length, so this would take hours.
    expect(() => read('*'.repeat(1_000_000), 50)).toThrow(
      /Parsing it takes more than 0\.05 seconds\./
    )
  })

  it('rejects a file that is not UTF-8 text', () => {
    expect(() =>
      runMarkdownParser('README.md', 'about', () =>
        readTextFile(Buffer.from([0x61, 0xff]), { base: undefined })
      )
    ).toThrow(/^Input "about" names a file that is not UTF-8 text: "README\.md"\. .* byte 1\./)
  })

  it('does not change other errors', () => {
    const fault = new TypeError('a fault')
    expect(() =>
      runMarkdownParser('README.md', 'readme', () => {
        throw fault
      })
    ).toThrow(fault)
  })
})
