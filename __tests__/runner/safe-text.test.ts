import fc from 'fast-check'
import {
  safeCodeBlock,
  safeLine,
  safeLogText,
  safeSummaryHtml
} from '../../src/runner/safe-text.js'

/** Returns `true` for a workflow command of the runner: version 2 at the start of a line, version 1 anywhere. */
function isCommand(line: string): boolean {
  return line.trimStart().startsWith('::') || line.includes('##[')
}

/** Returns the lines as the runner reads them: each of \n, \r and \r\n ends a line. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/)
}

const hostile = fc
  .array(
    fc.constantFrom(
      '::',
      ':',
      '##[',
      '#',
      'add-mask::x',
      '\r',
      '\n',
      '\r\n',
      ' ',
      '\t',
      '\u2028',
      '\u001b[31m',
      '\u001b]0;x\u0007',
      '\u009b1m',
      '\u0000',
      '\u202e',
      'set-output name=a::b',
      '<b>',
      '&',
      '|',
      '```',
      '`',
      'a'
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join(''))

describe('safeLogText', () => {
  it('returns no workflow command for any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(linesOf(safeLogText(text)).some(isCommand)).toBe(false)
      }),
      { numRuns: 2000 }
    )
  })

  it('returns ordinary text unchanged', () => {
    expect(safeLogText('a: b\n\tc::d é 😀')).toBe('a: b\n\tc::d é 😀')
  })

  it('removes colors and other control sequences', () => {
    expect(safeLogText('\u001b[1;31mred\u001b[0m \u001b]8;;http://x\u0007link')).toBe('red link')
  })
})

describe('safeLine', () => {
  it('returns one line for any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(linesOf(safeLine(text))).toHaveLength(1)
      })
    )
  })
})

describe('safeSummaryHtml', () => {
  it('returns text without markup for any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeSummaryHtml(text)).not.toMatch(/[<>"'`*[\]|\n\r]/)
      })
    )
  })
})

describe('safeCodeBlock', () => {
  it('cannot be ended by its content', () => {
    const block = safeCodeBlock('a\n````\n</details>', 'diff')
    expect(block).toBe('`````diff\na\n````\n</details>\n`````')
  })
})
