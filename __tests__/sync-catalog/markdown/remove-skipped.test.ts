import { parseDocument } from '../../../src/sync-catalog/markdown/document.js'
import { removeSkipped } from '../../../src/sync-catalog/markdown/remove-skipped.js'
import type { UnskippedText } from '../../../src/sync-catalog/markdown/remove-skipped.js'

const START = '<!-- ecr-public: skip -->'
const END = '<!-- ecr-public: end skip -->'

const remove = (text: string): UnskippedText => removeSkipped(parseDocument(text))

const skipped = (text: string): string => {
  const { text: rest, unmatched } = remove(text)
  expect(unmatched).toEqual([])
  return rest
}

describe('removeSkipped', () => {
  it('does not change a text without markers', () => {
    expect(skipped('# A\n\n<!-- skip -->\n')).toBe('# A\n\n<!-- skip -->\n')
  })

  it.each([
    ['blocks', `A\n\n${START}\n\n## X\n\n${END}\n\nB\n`, 'A\n\nB\n'],
    ['lines of a paragraph', `A\n${START}\nX\n${END}\nB\n`, 'A\n\nB\n'],
    ['the beginning', `${START}\nX\n${END}\n\nB\n`, 'B\n'],
    ['the end', `A\n\n${START}\nX\n${END}`, 'A\n\n'],
    ['words', `A ${START}X${END} B\n`, 'A  B\n'],
    [
      'a part of an HTML block',
      `<div>\n${START}\n<p>X</p>\n${END}\n<p>B</p>\n</div>\n`,
      '<div>\n\n<p>B</p>\n</div>\n'
    ],
    ['a list item', `- A\n  ${START}\n- X\n  ${END}\n- B\n`, '- A\n- B\n'],
    ['a paragraph of a quote', `> A\n> ${START}\n> X\n> ${END}\n> B\n`, '> A\n>\n> B\n'],
    ['two parts', `${START}X${END}A${START}Y${END}\n`, 'A\n'],
    ['a comment', `A\n\n${START}\n<!-- X -->\n${END}\n\nB\n`, 'A\n\nB\n'],
    [
      'markers with other spaces and case',
      'A\n\n<!--ECR-Public:  Skip-->\nX\n<!--\necr-public: end\nskip -->\n\nB\n',
      'A\n\nB\n'
    ]
  ])('removes %s', (_name, text, rest) => {
    expect(skipped(text)).toBe(rest)
  })

  it.each([
    ['a code block', `\`\`\`md\n${START}\nX\n${END}\n\`\`\`\n`],
    ['code', `Use \`${START}\` and \`${END}\`.\n`],
    ['indented code', `A\n\n    ${START}\n    X\n    ${END}\n`],
    ['another comment', `<!-- Use ecr-public: skip -->\nA\n<!-- ecr-public: end skip x -->\n`]
  ])('keeps markers in %s as text', (_name, text) => {
    expect(skipped(text)).toBe(text)
  })

  it('keeps a marker without its other half and returns it', () => {
    for (const marker of [START, END]) {
      const text = `A\n\n${marker}\n\nB\n`
      expect(remove(text)).toMatchObject({ text, unmatched: [marker] })
    }
    expect(remove(`${END}\n\nA\n\n${START}\n`)).toMatchObject({ unmatched: [END, START] })
  })

  it('does not nest: the first end ends the part', () => {
    expect(remove(`A ${START}X ${START}Y ${END}B${END}\n`)).toMatchObject({
      text: `A B${END}\n`,
      unmatched: [END]
    })
  })

  it.each([
    ['blocks', `A\n\n${START}\n\n## X\n\n${END}\n\nB\n\n${START}Y${END}\n\nC\n`],
    ['lines of a paragraph', `A\n${START}\nX\n${END}\nB\n`],
    ['words', `A ${START}X${END} B\n${START}\nX\n${END}\nC\n`]
  ])('returns the original offsets of the text around %s', (_name, text) => {
    const { text: rest, toOriginal } = remove(text)
    const original = Array.from(rest, (character, at) =>
      character.trim() === '' ? character : text.charAt(toOriginal(at))
    ).join('')
    expect(original).toBe(rest)
    expect(original).toContain('A')
  })

  it('does not change the offsets of a text without markers', () => {
    expect(remove('A\n').toOriginal(1)).toBe(1)
  })
})
