import { badgesOf, parseBadges } from '../../src/sync-catalog/badges.js'

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
  ])('returns the architectures of %j', (items, values) => {
    expect(parseBadges('architectures', items)).toEqual(values)
  })

  it('returns the operating systems of names and platforms', () => {
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
  ] as const)('rejects in %s the value %j', (kind, item) => {
    expect(() => parseBadges(kind, [item])).toThrow(
      new RegExp(`: "${item}"\\. Use (?:ARM, |Linux, )`)
    )
  })

  it('ignores platforms of images that the gallery does not have a badge for', () => {
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
