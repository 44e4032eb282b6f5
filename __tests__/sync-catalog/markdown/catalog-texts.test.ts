import {
  fitText,
  MAX_TEXT_LENGTH,
  sectionAtLimit
} from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { readReadme } from '../../helpers/catalog-texts.js'

const section = (at: number): string =>
  `## Part ${at}\n\n<!-- hidden ${'x'.repeat(200)} -->\n\n${'Words of it. '.repeat(80)}\n\n`
const README = `# A\n\n${Array.from({ length: 60 }, (_, at) => section(at)).join('')}`

describe('a text that is longer than the limit', () => {
  const { about } = readReadme(Buffer.from(README), ['Usage'], { base: undefined })

  it('is cut after its beginning, which is short and has empty comments', () => {
    const length = about?.beginning?.text.length ?? 0
    expect(length).toBeGreaterThan(MAX_TEXT_LENGTH)
    expect(length).toBeLessThan(1.5 * MAX_TEXT_LENGTH)
    expect(about?.beginning?.text).not.toContain('hidden')
  })

  it('is cut as the whole text is', () => {
    const fitted = fitText(about ?? { text: '' }, 'https://example.com/')
    expect(fitted.isTruncated).toBe(true)
    expect(fitted).toEqual(fitText({ text: about?.text ?? '' }, 'https://example.com/'))
  })

  it('exceeds the limit in a section that is found with the comments', () => {
    const at = Math.floor(MAX_TEXT_LENGTH / section(10).length)
    expect(sectionAtLimit(about ?? { text: '' })).toBe(`Part ${at}`)
  })
})

it('cuts a code span that is longer than the limit, and closes it', () => {
  const code = `# T\n\nRun \`\` ${'step `x` '.repeat(4000)}\`\` now.\n`
  const { text } = fitText({ text: code }, undefined)
  expect(text).toMatch(/^# T\n\nRun `` (?:step `x` )+step(?: `x`)? ?``\n\n\*This text is truncated/)
  expect(text.length).toBeGreaterThan(0.9 * MAX_TEXT_LENGTH)
})

it.each([
  ['an image', (url: string) => `![i](${url})`],
  ['a link', (url: string) => `[i](${url})`],
  ['an HTML image', (url: string) => `<img src="${url}" alt="i">`]
])('keeps what follows %s that is longer than the beginning', (_name, markdown) => {
  const image = markdown(`data:image/png;base64,${'A'.repeat(3 * MAX_TEXT_LENGTH)}`)
  const readme = `# T\n\n${image}\n\nLast words.\n\n## License\n\nMIT\n`
  const { about } = readReadme(Buffer.from(readme), ['Usage'], { base: undefined })
  const { text, isTruncated } = fitText(about ?? { text: '' }, undefined)
  expect(text).toMatch(/^# T\n\ni\n\nLast words\.\n\n## License\n\nMIT\n\n\*This text is truncated/)
  expect(isTruncated).toBe(true)
})

it('does not count a very long URL as a part of the beginning', () => {
  const image = `![i](data:image/png;base64,${'A'.repeat(3 * MAX_TEXT_LENGTH)})`
  const readme = README.replace('# A\n', `# A\n\n${image}\n`)
  const { about } = readReadme(Buffer.from(readme), ['Usage'], { base: undefined })
  const { text } = fitText(about ?? { text: '' }, undefined)
  expect(fitText({ text: about?.text ?? '' }, undefined).text).toBe(text)
  // The whole text is not parsed if the beginning is long enough.
  const other = { ...about, text: '#'.repeat(about?.text.length ?? 0) }
  expect(fitText(other, undefined).text).toBe(text)
})
