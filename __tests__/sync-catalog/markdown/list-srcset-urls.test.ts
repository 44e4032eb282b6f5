import { listSrcsetUrls } from '../../../src/sync-catalog/markdown/list-srcset-urls.js'

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
  ])('returns the URLs of %j', (value, urls) => {
    expect(listSrcsetUrls(value).map(({ start, end }) => value.slice(start, end))).toEqual(urls)
  })
})
