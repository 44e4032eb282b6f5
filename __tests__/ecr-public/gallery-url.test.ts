import { galleryUrl } from '../../src/ecr-public/gallery-url.js'

describe('galleryUrl', () => {
  it.each([
    ['public.ecr.aws/acme/team/app', 'https://gallery.ecr.aws/acme/team/app'],
    ['127.0.0.1:5111/acme/team/app', 'http://127.0.0.1:5111/acme/team/app'],
    ['localhost:5111/acme/app', 'http://localhost:5111/acme/app']
  ])('returns, for %s, %s', (uri, url) => {
    expect(galleryUrl(uri)).toBe(url)
  })
})
