import { fitDescription } from '../../../src/sync-catalog/markdown/catalog-texts.js'

describe('fitDescription', () => {
  it('ends at a word, and never within a character', () => {
    const words = fitDescription('word '.repeat(300)).text
    expect(words).toMatch(/word…$/)
    expect(words.length).toBeGreaterThan(1000)
    expect(fitDescription('👨‍👩‍👧‍👦'.repeat(200)).text).toMatch(/^(?:👨‍👩‍👧‍👦)+…$/u)
    expect(fitDescription('x'.repeat(2000)).text).toBe(`${'x'.repeat(1023)}…`)
    expect(fitDescription('x'.repeat(1024))).toMatchObject({ isTruncated: false })
  })
})
