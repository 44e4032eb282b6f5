import fc from 'fast-check'
import { parseChallenge, findTokenUrl } from '../../src/registry-client/challenge.js'

describe('parseChallenge', () => {
  it('reads the challenge of public.ecr.aws', () => {
    expect(
      parseChallenge(
        'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'
      )
    ).toEqual({
      realm: 'https://public.ecr.aws/token/',
      service: 'public.ecr.aws',
      scope: 'aws'
    })
  })

  it('accepts names in any case, unquoted values and escaped quotes', () => {
    expect(parseChallenge('bearer Realm=https://a/t, SERVICE="a\\"b"')).toEqual({
      realm: 'https://a/t',
      service: 'a"b',
      scope: undefined
    })
  })

  it.each([undefined, '', 'Basic realm="x"', 'Bearer', 'Bearer service="x"'])(
    'returns undefined for %j',
    (header) => {
      expect(parseChallenge(header)).toBeUndefined()
    }
  )

  it('never throws for any header', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        parseChallenge(`Bearer ${text}`)
        parseChallenge(text)
      })
    )
  })

  it('ignores a header that is too long', () => {
    expect(parseChallenge(`Bearer realm="${'x'.repeat(5000)}"`)).toBeUndefined()
  })
})

describe('findTokenUrl', () => {
  const https = 'https://public.ecr.aws'
  const local = 'http://127.0.0.1:5111'

  it('uses the scope of the challenge', () => {
    const url = findTokenUrl(https, { realm: `${https}/token/`, service: 's', scope: 'aws' }, 'a/b')
    expect(url?.href).toBe('https://public.ecr.aws/token/?service=s&scope=aws')
  })

  it('uses the scope to pull the repository if the challenge does not have one', () => {
    const url = findTokenUrl(https, { realm: `${https}/token/` }, 'a/b')
    expect(url?.searchParams.get('scope')).toBe('repository:a/b:pull')
  })

  it.each([
    [https, 'http://public.ecr.aws/token/'],
    [https, 'http://127.0.0.1/token/'],
    [https, 'file:///etc/passwd'],
    [https, 'https://user:secret@public.ecr.aws/token/'],
    [https, 'not a URL'],
    [local, 'http://169.254.169.254/token']
  ])('of registry %s rejects the realm %s', (origin, realm) => {
    expect(findTokenUrl(origin, { realm }, 'a/b')).toBeUndefined()
  })
})
