import { readHtmlTags } from '../../../src/sync-catalog/markdown/read-html-tags.js'

describe('readHtmlTags', () => {
  it.each(['<p>a</p', '<p>a</A\n\ntext\n', '<p>a<b href="x'])(
    'ignores a tag that the end of the text cuts off: %s',
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
