import { checkNesting, TooComplexText } from '../../../src/sync-catalog/markdown/check-nesting.js'
import { readTextFile } from '../../helpers/catalog-texts.js'

const DEEP = 3000

/** Texts that take the parser seconds to minutes, or overflow its stack. */
const TOO_DEEP: readonly (readonly [string, string])[] = [
  ['images within images', `${'!['.repeat(DEEP)}a${'](b)'.repeat(DEEP)}`],
  ['images by reference', `${'!['.repeat(DEEP)}a${'][b]'.repeat(DEEP)}\n\n[b]: c`],
  ['links within links', `${'['.repeat(DEEP)}a${'](b)'.repeat(DEEP)}`],
  ['brackets over several lines', `${'[\n'.repeat(DEEP)}${']\n'.repeat(DEEP)}`],
  ['quotes', `${'>'.repeat(DEEP)}a`],
  ['quotes with spaces', `${' > '.repeat(DEEP)}a`],
  ['lists on one line', `${'- '.repeat(DEEP)}a`],
  ['numbered lists on one line', `${'1. '.repeat(DEEP)}a`],
  ['lists within quotes', `${'> - '.repeat(DEEP)}a`],
  [
    'lists by indentation',
    Array.from({ length: 300 }, (_, at) => `${'  '.repeat(at)}- a`).join('\n')
  ],
  ['lists by tabs', Array.from({ length: 300 }, (_, at) => `${'\t'.repeat(at)}- a`).join('\n')],
  [
    'lists by indentation within a quote',
    Array.from({ length: 300 }, (_, at) => `> ${'  '.repeat(at)}- a`).join('\n')
  ]
]

/** Similar texts that are not nested too deep. */
const ACCEPTED: readonly (readonly [string, string])[] = [
  ['brackets that never close', '\\e[31m ['.repeat(DEEP)],
  ['brackets one after the other', '[a](b)'.repeat(100)],
  ['brackets that are escaped', `${'\\['.repeat(DEEP)}a${'\\]'.repeat(DEEP)}`],
  ['open brackets of many paragraphs', `${'[a\n\n'.repeat(DEEP)}${']\n\n'.repeat(DEEP)}`],
  ['a thematic break', '* '.repeat(DEEP)],
  ['a long list', '- a\n  - b\n'.repeat(DEEP)],
  ['a long quote', '> a\n> - b\n'.repeat(DEEP)],
  ['deep indentation', `${' '.repeat(DEEP)}- a`],
  ['a badge', '[![Build](https://example.com/[a]/b.svg)](https://example.com)']
]

describe('checkNesting', () => {
  it.each(TOO_DEEP)('rejects %s before they are parsed', (_, text) => {
    expect(() => checkNesting(text)).toThrow(TooComplexText)
    expect(() => readTextFile(Buffer.from(text), { base: undefined })).toThrow(
      /^Line \d+ is nested deeper than 100 levels\.$/
    )
  })

  it.each(ACCEPTED)('accepts %s', (_, text) => {
    expect(() => checkNesting(text)).not.toThrow()
  })

  it('accepts 100 levels and rejects 101', () => {
    const nested = (levels: number): string => `${'['.repeat(levels)}a${']'.repeat(levels)}`
    expect(() => checkNesting(nested(100))).not.toThrow()
    expect(() => checkNesting(nested(101))).toThrow(TooComplexText)
    expect(() => checkNesting(`${'> '.repeat(100)}a`)).not.toThrow()
    expect(() => checkNesting(`${'> '.repeat(101)}a`)).toThrow(TooComplexText)
  })
})
