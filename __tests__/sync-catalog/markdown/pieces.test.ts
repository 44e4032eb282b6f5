import { badgesOf, parseBadges } from '../../../src/sync-catalog/badges.js'
import { fitDescription } from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { findLogoFault } from '../../../src/sync-catalog/check-logo.js'
import { compareRecord, mergeRecord } from '../../../src/sync-catalog/compare-record.js'
import { decodeText, withoutFrontMatter } from '../../../src/sync-catalog/decode-text.js'
import { headingKey } from '../../../src/sync-catalog/markdown/headings.js'
import { readHtmlTags } from '../../../src/sync-catalog/markdown/html-tags.js'
import { listSrcsetUrls } from '../../../src/sync-catalog/markdown/srcset.js'
import { textDiff } from '../../../src/sync-catalog/text-diff.js'
import { makePng } from '../../helpers/make-workspace.js'

describe('headingKey', () => {
  it.each([
    'Quick start',
    'QUICK START',
    'quick-start',
    'Quickstart',
    '🚀 Quick start',
    'Quick start 🚀',
    ':rocket: Quick start:',
    '1. Quick start',
    '1) Quick start',
    '2.3. Quick start',
    '2.3 Quick start',
    'IV. Quick start',
    'a) Quick start',
    '1️⃣ Quick start',
    '🇩🇪 Quick start',
    'Quick start!',
    'Quick start:',
    'Quick start?',
    '— Quick start —',
    'Quick  start',
    'Ｑｕｉｃｋ ｓｔａｒｔ',
    'Quick start {#quick}'
  ])('takes %j for "quick start"', (text) => {
    expect(headingKey(text)).toBe('quickstart')
  })

  it.each(['Quick starter', 'A quick start', 'Quick start guide', 'Quick'])(
    'tells %j apart',
    (text) => {
      expect(headingKey(text)).not.toBe('quickstart')
    }
  )

  it('compares a heading of nothing but emoji as it is', () => {
    expect(headingKey('🚀')).not.toBe(headingKey('📦'))
  })
})

describe('readHtmlTags', () => {
  it.each(['<p>a</p', '<p>a</A\n\ntext\n', '<p>a<b href="x'])(
    'leaves out what the text cuts off: %s',
    (html) => {
      expect(readHtmlTags(html).map(({ start, end }) => html.slice(start, end))).toEqual(['<p>'])
    }
  )

  const attribute = (html: string): unknown =>
    readHtmlTags(html)[0]?.attributes.map(({ name, value, range }) => [
      name,
      value,
      html.slice(range.start, range.end)
    ])

  it.each([
    ['<img src="a&amp;b">', [['src', 'a&b', 'a&amp;b']]],
    ["<img SRC = 'x' >", [['src', 'x', 'x']]],
    ['<img src=x=y>', [['src', 'x=y', 'x=y']]],
    ['<img src="">', [['src', '', '']]],
    ['<img src="&amp;">', [['src', '&', '&amp;']]],
    [
      '<a href="x>y" title=z>',
      [
        ['href', 'x>y', 'x>y'],
        ['title', 'z', 'z']
      ]
    ],
    ['<a hidden href=x>', [['href', 'x', 'x']]]
  ])('reads the attributes of %s', (html, expected) => {
    expect(attribute(html)).toEqual(expected)
  })

  it.each([
    '<!-- <img src=x> -->',
    '<script>"<img src=x>"</script>',
    '<a href="x',
    'a < b',
    '<',
    '</',
    '<>',
    ''
  ])('finds no image in %j', (html) => {
    expect(readHtmlTags(html).filter(({ name }) => name === 'img' || name === 'a')).toEqual([])
  })
})

describe('listSrcsetUrls', () => {
  it.each([
    ['a.png', ['a.png']],
    ['a.png 1x, b.png 2x', ['a.png', 'b.png']],
    ['a.png,b.png', ['a.png,b.png']],
    ['a.png, b.png', ['a.png', 'b.png']],
    ['  a.png 100w,\n b.png 200w  ', ['a.png', 'b.png']],
    ['data:image/png;base64,AA== 1x, b.png', ['data:image/png;base64,AA==', 'b.png']],
    ['a.png calc(1, 2), b.png', ['a.png', 'b.png']],
    [',,a.png,, ,b.png 2x,', ['a.png', 'b.png']],
    ['', []]
  ])('finds the URLs of %j', (value, urls) => {
    expect(listSrcsetUrls(value).map(({ start, end }) => value.slice(start, end))).toEqual(urls)
  })
})

describe('decodeText', () => {
  it('takes the byte order mark off and makes every line end a line feed', () => {
    expect(decodeText(Buffer.from('\ufeffa\r\nb\rc\n'))).toBe('a\nb\nc\n')
  })

  it.each([
    [Buffer.from('\ufeffhi', 'utf16le'), /UTF-16/],
    [Uint8Array.of(0xff), /byte 0/],
    [Buffer.concat([Buffer.from('é'.repeat(1000)), Buffer.from([0xc3])]), /UTF-8 at byte 2000/],
    [Buffer.from('a\0'), /NUL/]
  ])('refuses what is no text in UTF-8', (bytes, message) => {
    expect(() => decodeText(bytes)).toThrow(message)
  })
})

describe('withoutFrontMatter', () => {
  it.each([
    ['---\ntitle: x\n---\n# A\n', '# A\n'],
    ['---\ntitle: x\nlist:\n- a\n\nmore: {a: [b,\n  c]\n}\n# note\n...\nText\n', 'Text\n'],
    ['---\n"quoted key": x\n---', ''],
    ['---\n---\nText\n', 'Text\n'],
    ['---\n\nText\n\n---\n', '---\n\nText\n\n---\n'],
    ['---\nJust a line.\n---\n', '---\nJust a line.\n---\n'],
    ['---\ntitle: x\n', '---\ntitle: x\n'],
    ['\n---\na: b\n---\n', '\n---\na: b\n---\n'],
    ['+++\na = 1\n+++\n', '+++\na = 1\n+++\n']
  ])('makes %j %j', (text, expected) => {
    expect(withoutFrontMatter(text)).toBe(expected)
  })
})

describe('parseBadges', () => {
  it.each([
    [
      ['ARM 64', 'x86-64'],
      ['ARM 64', 'x86-64']
    ],
    [
      ['linux/arm64/v8', 'linux/amd64', 'linux/386', 'linux/arm/v7'],
      ['ARM', 'ARM 64', 'x86', 'x86-64']
    ],
    [
      ['aarch64', 'x86_64', 'X86-64', 'arm 64', 'armhf', 'i686'],
      ['ARM', 'ARM 64', 'x86', 'x86-64']
    ],
    [
      ['arm64v8', 'arm32v7'],
      ['ARM', 'ARM 64']
    ]
  ])('makes architectures of %j', (items, values) => {
    expect(parseBadges('architectures', items)).toEqual(values)
  })

  it('makes operating systems of names and platforms', () => {
    expect(parseBadges('operatingSystems', ['windows/amd64', 'LINUX', 'linux/arm64'])).toEqual([
      'Linux',
      'Windows'
    ])
  })

  it.each([
    ['architectures', 'linux'],
    ['architectures', 's390x'],
    ['architectures', 'linux/ppc64le'],
    ['operatingSystems', 'arm64'],
    ['operatingSystems', 'darwin/arm64']
  ] as const)('refuses as %s %j', (kind, item) => {
    expect(() => parseBadges(kind, [item])).toThrow(new RegExp(`"${item}" – (?:ARM, |Linux, )`))
  })

  it('leaves platforms without a badge out where they are read from images', () => {
    expect(
      badgesOf([
        { os: 'linux', architecture: 'riscv64' },
        { os: 'linux', architecture: 'arm' },
        { os: 'freebsd', architecture: 'amd64' }
      ])
    ).toEqual({
      badges: { architectures: ['ARM', 'x86-64'], operatingSystems: ['Linux'] },
      others: ['linux/riscv64', 'freebsd/amd64']
    })
  })
})

describe('findLogoFault', () => {
  it.each([60, 2048])('takes a side of %d pixels', (side) => {
    expect(findLogoFault(makePng(side, 60))).toBeUndefined()
  })

  it('takes GIF and JPEG', () => {
    const gif = Buffer.from('474946383961640064008000000000000000002c00000000640064000002', 'hex')
    const jpeg = Buffer.from(
      'ffd8ffe000104a46494600010100000100010000ffc0000b080064006401011100ffd9',
      'hex'
    )
    expect([findLogoFault(gif), findLogoFault(jpeg)]).toEqual([undefined, undefined])
  })

  it.each([
    [makePng(59, 100), /59 × 100/],
    [makePng(60, 2049), /60 × 2049/],
    [Buffer.alloc(0), /empty/],
    [Buffer.from('RIFF\0\0\0\0WEBPVP8 '), /WebP/],
    [Buffer.from('ffd8ff', 'hex'), /broken JPEG/]
  ])('refuses what does not fit', (bytes, value) => {
    expect(findLogoFault(bytes)?.value).toMatch(value)
  })
})

describe('compareRecord', () => {
  it('takes line ends and blank space at the end for no difference', () => {
    expect(compareRecord({ aboutText: 'a\r\nb' }, { aboutText: 'a\nb\n' })[0]).toMatchObject({
      action: 'keep'
    })
  })

  it('leaves what is not wanted alone, and merges it into the record', () => {
    const current = { aboutText: 'a', usageText: 'u', architectures: ['x86'], logoUrl: 'l' }
    expect(compareRecord(current, { usageText: '' })).toEqual([
      { field: 'usageText', action: 'delete', reason: expect.any(String) }
    ])
    expect(mergeRecord(current, { usageText: '' })).toEqual({
      aboutText: 'a',
      usageText: '',
      architectures: ['x86']
    })
  })
})

describe('fitDescription', () => {
  it('ends at a word, and never in the middle of a character', () => {
    const words = fitDescription('word '.repeat(300)).text
    expect(words).toMatch(/word…$/)
    expect(words.length).toBeGreaterThan(1000)
    expect(fitDescription('👨‍👩‍👧‍👦'.repeat(200)).text).toMatch(/^(?:👨‍👩‍👧‍👦)+…$/u)
    expect(fitDescription('x'.repeat(2000)).text).toBe(`${'x'.repeat(1023)}…`)
    expect(fitDescription('x'.repeat(1024))).toMatchObject({ isTruncated: false })
  })
})

describe('textDiff', () => {
  it('shows a unified diff without file headers', () => {
    expect(textDiff('a\nb\nc\n', 'a\nB\nc')).toBe('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c')
    expect(textDiff('', 'a')).toBe('@@ -0,0 +1,1 @@\n+a')
  })

  it('is bounded in lines, in their length and in time', () => {
    const many = (word: string): string =>
      Array.from({ length: 5000 }, (_, at) => `${word} ${at}`).join('\n')
    const diff = textDiff(many('a'), many('b'))
    expect(diff.split('\n').length).toBeLessThan(500)
    expect(diff).toMatch(/more lines$/)
    expect(textDiff('', 'x'.repeat(25_000)).length).toBeLessThan(600)
  })
})
