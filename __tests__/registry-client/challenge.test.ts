import fc from 'fast-check'
import { parseChallenge, tokenUrl } from '../../src/registry-client/challenge.js'

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

  it('reads names in any case, unquoted values and escaped quotes', () => {
    expect(parseChallenge('bearer Realm=https://a/t, SERVICE="a\\"b"')).toEqual({
      realm: 'https://a/t',
      service: 'a"b',
      scope: undefined
    })
  })

  it.each([undefined, '', 'Basic realm="x"', 'Bearer', 'Bearer service="x"'])(
    'finds none in %j',
    (header) => {
      expect(parseChallenge(header)).toBeUndefined()
    }
  )

  it('never throws, whatever a registry sends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        parseChallenge(`Bearer ${text}`)
        parseChallenge(text)
      })
    )
  })

  it('looks at no header of absurd length', () => {
    expect(parseChallenge(`Bearer realm="${'x'.repeat(5000)}"`)).toBeUndefined()
  })
})

describe('tokenUrl', () => {
  const https = 'https://public.ecr.aws'
  const local = 'http://127.0.0.1:5111'

  it('asks for the scope that the registry names', () => {
    const url = tokenUrl(https, { realm: `${https}/token/`, service: 's', scope: 'aws' }, 'a/b')
    expect(url?.href).toBe('https://public.ecr.aws/token/?service=s&scope=aws')
  })

  it('asks to pull the repository where the registry names no scope', () => {
    const url = tokenUrl(https, { realm: `${https}/token/` }, 'a/b')
    expect(url?.searchParams.get('scope')).toBe('repository:a/b:pull')
  })

  it.each([
    [https, 'http://public.ecr.aws/token/'],
    [https, 'http://127.0.0.1/token/'],
    [https, 'file:///etc/passwd'],
    [https, 'https://user:secret@public.ecr.aws/token/'],
    [https, 'no URL'],
    [local, 'http://169.254.169.254/token']
  ])('of the registry %s does not ask at %s', (origin, realm) => {
    expect(tokenUrl(origin, { realm }, 'a/b')).toBeUndefined()
  })
})
