import fc from 'fast-check'
import { parseReference } from '../../src/oci/reference.js'

test.each([
  ['app', 'docker.io/library/app', undefined],
  ['app:1', 'docker.io/library/app', '1'],
  ['team/app:1', 'docker.io/team/app', '1'],
  ['docker.io/app:1', 'docker.io/library/app', '1'],
  ['index.docker.io/library/app:1', 'docker.io/library/app', '1'],
  ['localhost/app:1', 'localhost/app', '1'],
  ['localhost:5000/app', 'localhost:5000/app', undefined],
  ['ex.com:5000/team/app:v1.2', 'ex.com:5000/team/app', 'v1.2'],
  ['[::1]:5000/app:1', '[::1]:5000/app', '1']
])('reads %s as %s with tag %s', (text, repository, tag) => {
  expect(parseReference(text)).toEqual({ repository, tag, digest: undefined })
})

test('returns a tag and a digest', () => {
  const digest = `sha256:${'0'.repeat(64)}`
  expect(parseReference(`ex.com/app:1@${digest}`)).toEqual({
    repository: 'ex.com/app',
    tag: '1',
    digest
  })
})

test.each(['', ':1', 'app:', 'app:bad tag', 'a b', '<none>:<none>', '@sha256:00', 'app@', '-x'])(
  'returns undefined for %j',
  (text) => {
    expect(parseReference(text)).toBeUndefined()
  }
)

test('never throws for any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const reference = parseReference(text)
      expect(reference === undefined || reference.repository.includes('/')).toBe(true)
    })
  )
})
