import {
  checkRepositoryName,
  isRepositoryName,
  isSameHost,
  parseRepositoryReference
} from '../../src/ecr-public/repository-names.js'

describe('parseRepositoryReference', () => {
  test.each<[string, string | undefined, string]>([
    ['app', undefined, 'app'],
    ['team/app', undefined, 'team/app'],
    ['my.app/web', undefined, 'my.app/web'],
    ['my.application/web/x', undefined, 'my.application/web/x'],
    ['my.community/web/x', undefined, 'my.community/web/x'],
    ['1.2.3/web/x', undefined, '1.2.3/web/x'],
    ['1.2.3.4.5/web/x', undefined, '1.2.3.4.5/web/x'],
    ['v1.2.3.4/web/x', undefined, 'v1.2.3.4/web/x'],
    ['team/my.io', undefined, 'team/my.io'],
    ['localhost', undefined, 'localhost'],
    ['my.io', undefined, 'my.io'],
    ['public.ecr.aws/alias/team/app', 'public.ecr.aws', 'alias/team/app'],
    ['https://public.ecr.aws/alias/app', 'public.ecr.aws', 'alias/app'],
    ['http://localhost/alias/app', 'localhost', 'alias/app'],
    ['PUBLIC.ECR.AWS/alias/app', 'public.ecr.aws', 'alias/app'],
    ['ecr-public.aws.com/alias/app', 'ecr-public.aws.com', 'alias/app'],
    ['other.io/alias/app', 'other.io', 'alias/app'],
    ['192.168.10.20/alias/app', '192.168.10.20', 'alias/app'],
    ['127.0.0.1/alias/app', '127.0.0.1', 'alias/app'],
    ['127.0.0.1:5000/alias/app', '127.0.0.1:5000', 'alias/app'],
    ['host:5000/alias/app', 'host:5000', 'alias/app']
  ])('reads the host and path of %s', (text, host, path) => {
    const expected = { input: 'repository', host, path }
    expect(parseRepositoryReference(text)).toEqual({ ...expected, text, isExclusion: false })
    for (const line of [`!${text}`, `! ${text}`]) {
      expect(parseRepositoryReference(line)).toEqual({ ...expected, text: line, isExclusion: true })
    }
  })

  test.each([
    'app:v1',
    'team/app@sha256:0',
    'public.ecr.aws/alias/app:v1',
    'host:50x/alias/app',
    'team/https://app'
  ])('rejects a tag or digest: %s', (text) => {
    expect(() => parseRepositoryReference(text, 'from')).toThrow(
      `Input "from" contains a tag or digest: "${text}".`
    )
  })

  test('rejects an ARN', () => {
    const arn = 'arn:aws:ecr-public::123456789012:repository/team/app'
    expect(() => parseRepositoryReference(arn)).toThrow(
      `Input "repository" contains an ARN: "${arn}".`
    )
  })

  test.each(['oci://', 'docker://', 'ftp://'])('rejects the scheme %s of other tools', (scheme) => {
    const text = `${scheme}public.ecr.aws/a1b2c3d4/team/app`
    expect(() => parseRepositoryReference(text)).toThrow(
      `Input "repository" contains a URL scheme: "${text}". Use a repository name, alias/name or the repository URI. Remove "${scheme}".`
    )
  })

  test.each(['public.ecr.aws/app', 'localhost/app', 'public.ecr.aws/'])(
    'rejects a host without alias and name: %s',
    (text) => {
      expect(() => parseRepositoryReference(text)).toThrow(
        `Input "repository" is missing the alias or the name: "${text}".`
      )
    }
  )
})

test('isSameHost returns true only for equal hosts and the two public hosts', () => {
  const hosts = ['public.ecr.aws', 'ecr-public.aws.com', 'other.io', 'localhost']
  const same = hosts.map((one) => hosts.filter((other) => isSameHost(one, other)))
  const [first, second, third, fourth] = hosts
  expect(same).toEqual([[first, second], [first, second], [third], [fourth]])
})

describe('isRepositoryName', () => {
  test.each(['ab', 'a1', '00', 'a-b', 'a_b.c-d', 'team/app', 'a/b', 'a'.repeat(205)])(
    'accepts %s',
    (name) => {
      expect(isRepositoryName(name)).toBe(true)
      expect(checkRepositoryName(name, { input: 'repository', text: 'x' })).toBe(name)
    }
  )

  test.each([
    '',
    'a',
    'a'.repeat(206),
    'Ab',
    'a b',
    '-a',
    'a-',
    'a--b',
    'a._b',
    '/ab',
    'ab/',
    'a//b',
    'a/-b',
    'a/b-',
    'ab\n',
    '\nab',
    'a*',
    'ab/c!'
  ])('rejects %j', (name) => {
    expect(isRepositoryName(name)).toBe(false)
    expect(() => checkRepositoryName(name, { input: 'from', text: 'the line' })).toThrow(
      'Input "from" contains an invalid repository name: "the line".'
    )
  })
})
