import { textDiff } from '../../src/sync-catalog/text-diff.js'

describe('textDiff', () => {
  it('returns a unified diff without file headers', () => {
    expect(textDiff('a\nb\nc\n', 'a\nB\nc')).toBe('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c')
    expect(textDiff('', 'a')).toBe('@@ -0,0 +1,1 @@\n+a')
  })

  it('shows changed lines that resemble file headers', () => {
    expect(textDiff('-- current\n', '++ requested\n')).toBe(
      '@@ -1,1 +1,1 @@\n--- current\n+++ requested'
    )
  })

  it('limits the number of lines, their length and the time', () => {
    const many = (word: string): string =>
      Array.from({ length: 5000 }, (_, at) => `${word} ${at}`).join('\n')
    const diff = textDiff(many('a'), many('b'))
    expect(diff.split('\n').length).toBeLessThan(500)
    expect(diff).toMatch(/more lines$/)
    expect(textDiff('', 'x'.repeat(25_000)).length).toBeLessThan(600)
  })
})
