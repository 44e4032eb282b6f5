import { decodeText, withoutFrontMatter } from '../../../src/sync-catalog/markdown/decode-text.js'

describe('decodeText', () => {
  it('removes the byte order mark and converts every line ending to a line feed', () => {
    expect(decodeText(Buffer.from('\ufeffa\r\nb\rc\n'))).toBe('a\nb\nc\n')
  })

  it.each([
    [Buffer.from('\ufeffhi', 'utf16le'), /UTF-16/],
    [Uint8Array.of(0xff), /byte 0/],
    [Buffer.concat([Buffer.from('é'.repeat(1000)), Buffer.from([0xc3])]), /UTF-8 at byte 2000\.$/],
    [Buffer.from('a\0'), /NUL/]
  ])('rejects bytes that are not UTF-8 text', (bytes, message) => {
    expect(() => decodeText(bytes)).toThrow(message)
  })
})

describe('withoutFrontMatter', () => {
  it.each([
    ['---\ntitle: x\n---\n# A\n', '# A\n'],
    ['---\ntitle: x\nlist:\n- a\n\nmore: {a: [b,\n  c]\n}\n# note\n...\nText\n', 'Text\n'],
    ['---\n"quoted key": x\n---', ''],
    ['---\n标题: 首页\nétat: x\nशीर्षक: y\n"key (1)": z\n---\n# A\n', '# A\n'],
    ['---\n---\nText\n', 'Text\n'],
    ['---\n\nText\n\n---\n', '---\n\nText\n\n---\n'],
    ['---\nJust a line.\n---\n', '---\nJust a line.\n---\n'],
    ['---\ntitle: x\n', '---\ntitle: x\n'],
    ['\n---\na: b\n---\n', '\n---\na: b\n---\n'],
    ['+++\na = 1\n+++\n', '+++\na = 1\n+++\n']
  ])('converts %j to %j', (text, expected) => {
    expect(withoutFrontMatter(text)).toBe(expected)
  })

  it('reads a long line of spaces in linear time', () => {
    const text = `---\na${' '.repeat(1_000_000)}\n---\n`
    expect(withoutFrontMatter(text)).toBe(text)
  })
})
