import { findReferrerTagSubject } from '../../src/oci/referrer-tags.js'

const HEX = '0123456789abcdef'.repeat(4)

test.each([`sha256-${HEX}`, `sha256-${HEX}.sig`, `sha256-${HEX}.att`, `sha256-${HEX}.sbom`])(
  'returns the subject of %s',
  (tag) => {
    expect(findReferrerTagSubject(tag)).toBe(`sha256:${HEX}`)
  }
)

test.each([
  'latest',
  `sha256:${HEX}`,
  `sha256-${HEX.slice(1)}`,
  `sha256-${HEX.toUpperCase()}`,
  `sha256-${HEX}.sig.bak`,
  `sha256-${HEX}.tar`,
  `app-sha256-${HEX}`
])('returns undefined for %s', (tag) => {
  expect(findReferrerTagSubject(tag)).toBeUndefined()
})
