import { readInputs } from '../../../src/runner/inputs/inputs.js'
import { makeInputs } from '../../helpers/make-inputs.js'

/** Returns the message of the error that reading these inputs throws. */
function errorOf(
  texts: Readonly<Record<string, string>>,
  env: Record<string, string> = {}
): string {
  try {
    readInputs(env, (name) => texts[name] ?? '')
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

describe('readInputs', () => {
  it.each(['', ' '])('rejects a missing mode (%j) with the list of modes', (mode) => {
    expect(errorOf({ mode })).toBe(
      'Input "mode" is missing. Use one of these values: login, ensure-repo, sync-catalog, push-tar, cleanup-tags.'
    )
  })

  it('rejects an unknown mode with its value and the list of modes', () => {
    expect(errorOf({ mode: 'logn' })).toBe(
      'Input "mode" has an unknown value: "logn". Use one of these values: login, ensure-repo, sync-catalog, push-tar, cleanup-tags.'
    )
  })

  it('rejects an input of another mode and names its modes', () => {
    expect(errorOf({ mode: 'login', tar: 'x.tar' })).toBe(
      'Input "tar" is not supported in mode login. It belongs to mode push-tar. Remove the input, or correct "mode".'
    )
  })

  it.each([
    ['push-tar', 'tags', 'image-tags', 'cleanup-tags'],
    ['ensure-repo', 'tags', 'resource-tags', 'cleanup-tags'],
    ['cleanup-tags', 'image-tags', 'tags', 'push-tar'],
    ['cleanup-tags', 'policy', 'lifecycle-policy', 'ensure-repo']
  ])('names the input of %s that replaces %s', (mode, name, replacement, other) => {
    expect(errorOf({ mode, [name]: 'v1' })).toBe(
      `Input "${name}" is not supported in mode ${mode}. It belongs to mode ${other}. Use "${replacement}" in mode ${mode}, or correct "mode".`
    )
  })

  it('explains that ECR Public does not support lifecycle policies if ensure-repo has one', () => {
    expect(errorOf({ mode: 'ensure-repo', repository: 'app', 'lifecycle-policy': '{}' })).toContain(
      'ECR Public does not support lifecycle policies, but mode cleanup-tags evaluates one.'
    )
  })

  it.each([
    ['INPUT_IMAGE-TAG-MUTABILITY', 'ECR Public does not support tag immutability'],
    ['INPUT_SCAN_ON_PUSH', 'ECR Public does not scan images'],
    ['INPUT_REGION', 'The API exists only in us-east-1']
  ])('explains that %s is not supported', (variable, words) => {
    expect(errorOf({ mode: 'login' }, { [variable]: 'true' })).toContain(words)
  })

  it.each([
    ['cleanup-tags', 'older_than', 'older-than'],
    ['cleanup-tags', 'repositories', 'repository'],
    ['cleanup-tags', 'tag', 'tags'],
    ['push-tar', 'tag', 'image-tags'],
    ['ensure-repo', 'tag', 'resource-tags']
  ])('rejects a misspelled input of %s and suggests the correct one: %s', (mode, name, correct) => {
    expect(errorOf({ mode }, { [`INPUT_${name.toUpperCase()}`]: 'x' })).toBe(
      `Input "${name}" is unknown. Did you mean "${correct}"?`
    )
  })

  it.each([
    ['login', 'tag', 'tags', 'cleanup-tags'],
    ['login', 'images', 'image', 'push-tar'],
    ['login', 'repositories', 'repository', 'ensure-repo, sync-catalog, push-tar, cleanup-tags'],
    ['sync-catalog', 'image_tag', 'image-tags', 'push-tar'],
    ['logn', 'tag', 'tags', 'cleanup-tags']
  ])(
    'names the mode of a misspelled input that %s does not have: %s',
    (mode, name, meant, other) => {
      expect(errorOf({ mode }, { [`INPUT_${name.toUpperCase()}`]: 'x' })).toBe(
        `Input "${name}" is unknown. Did you mean "${meant}"? It belongs to mode ${other}. Remove the input, or correct "mode".`
      )
    }
  )

  it('lists the inputs of the mode for an unknown input with the name of an object member', () => {
    expect(errorOf({ mode: 'login' }, { INPUT_CONSTRUCTOR: 'x' })).toContain(
      'Input "constructor" is unknown. The inputs are mode,'
    )
  })

  it('lists the inputs of the mode if an input is unknown, and all inputs if the mode is unknown', () => {
    expect(errorOf({ mode: 'login' }, { INPUT_FOO: 'x' })).toBe(
      'Input "foo" is unknown. The inputs are mode, dry-run, registry-id, max-attempts, role-to-assume, role-session-name, logout.'
    )
    expect(errorOf({ mode: 'logn' }, { INPUT_FOO: 'x' })).toContain('max-deletions')
  })

  it('ignores an unknown input that is set to the empty string', () => {
    expect(() =>
      readInputs({ INPUT_FOO: '' }, (name) => (name === 'mode' ? 'login' : ''))
    ).not.toThrow()
  })

  it.each(['yes', '1', 'tRUE'])('rejects %j as a boolean', (text) => {
    expect(errorOf({ mode: 'login', logout: text })).toBe(
      `Input "logout" is not a boolean: "${text}". Use true or false.`
    )
  })

  it.each(['0', '21', '5.5', '5x', '-1', '1e1'])('rejects %j as max-attempts', (text) => {
    expect(errorOf({ mode: 'login', 'max-attempts': text })).toContain(
      'Use a whole number from 1 to 20.'
    )
  })

  it('rejects dry-run in login only if it is true', () => {
    expect(errorOf({ mode: 'login', 'dry-run': 'true' })).toContain(
      'is not supported in mode login'
    )
    expect(makeInputs('login', { 'dry-run': 'false' }).dryRun).toBe(false)
  })

  it.each(['12345', 'A1', '-x', 'a b'])('rejects %j as registry-id', (text) => {
    expect(errorOf({ mode: 'login', 'registry-id': text })).toContain('12-digit AWS account ID')
  })

  it.each<[string, Record<string, string>]>([
    ['ensure-repo', { repository: 'app' }],
    ['sync-catalog', { repository: 'app' }],
    ['push-tar', { repository: 'app', tar: 'x' }],
    ['cleanup-tags', { repository: 'app', 'keep-latest': '1' }]
  ])('rejects an alias as registry-id in %s, and accepts an account ID', (mode, others) => {
    expect(errorOf({ mode, ...others, 'registry-id': 'myalias' })).toBe(
      `Input "registry-id" is not an AWS account ID: "myalias". Use the 12-digit AWS account ID in mode ${mode}. Remove the input to use your own registry.`
    )
    expect(errorOf({ mode, ...others, 'registry-id': '123456789012' })).toBe('no error')
  })

  it('accepts an alias as registry-id in login', () => {
    expect(makeInputs('login', { 'registry-id': 'myalias' }).registryId).toBe('myalias')
  })
})

describe('a list without items', () => {
  it.each<[string, string, Record<string, string>]>([
    ['ensure-repo', 'repository', {}],
    ['ensure-repo', 'resource-tags', { repository: 'app' }],
    ['sync-catalog', 'architectures', { repository: 'app' }],
    ['push-tar', 'image-tags', { repository: 'app', tar: 'x' }],
    ['cleanup-tags', 'exclude-tags', { repository: 'app', 'keep-latest': '1' }]
  ])('is an error in %s for %s, not the default', (mode, name, others) => {
    for (const text of ['# latest', ',', '#a\n , ,\n#b']) {
      expect(errorOf({ mode, ...others, [name]: text })).toContain(
        `Input "${name}" does not contain any items: "${text}". `
      )
    }
    expect(errorOf({ mode, ...others, [name]: ' ' })).not.toContain('any items')
  })
})

describe('input usage-heading', () => {
  const headings = (text: string): readonly string[] =>
    makeInputs('sync-catalog', { repository: 'app', 'usage-heading': text }).usageHeadings

  it('has one heading per line, with or without # characters, and commas belong to the heading', () => {
    expect(headings('## Usage\n\n  Build, run, deploy\r\n#API\n### 🚀')).toEqual([
      'Usage',
      'Build, run, deploy',
      'API',
      '🚀'
    ])
  })

  it.each(['#', '##\n#', ',', '#\n ,'])('rejects %j, which does not contain a heading', (text) => {
    expect(errorOf({ mode: 'sync-catalog', repository: 'app', 'usage-heading': text })).toContain(
      `Input "usage-heading" does not contain any items: "${text}". `
    )
  })
})

describe('readInputs for ensure-repo', () => {
  it('reads names, each once', () => {
    const inputs = makeInputs('ensure-repo', { repository: 'a/b\n# comment\n\nc, a/b' })
    expect(inputs).toMatchObject({ repositories: ['a/b', 'c'], state: 'present', force: false })
  })

  it('requires a repository', () => {
    expect(errorOf({ mode: 'ensure-repo' })).toContain('Input "repository" is missing')
  })

  it('accepts resource tags with empty values and more equals signs', () => {
    const inputs = makeInputs('ensure-repo', { repository: 'a1', 'resource-tags': 'k=\nu=a=b' })
    expect(inputs.resourceTags).toEqual([
      { key: 'k', value: '' },
      { key: 'u', value: 'a=b' }
    ])
  })

  it.each([
    ['novalue', 'key=value'],
    ['=x', 'key=value'],
    ['a=1\na=2', 'List each key once'],
    ['Key=project,Value=app', 'AWS CLI: "Key=project,Value=app". Use "project=app", with one tag'],
    ['Value=app,Key=project', 'Use "project=app"'],
    ['TagKey=project,TagValue=app', 'AWS CLI: "TagKey=project,TagValue=app". Use "project=app"'],
    ['- team=a\n- env=b', 'a YAML list: "- team=a". Use "team=a", with one tag per line.'],
    ['key=project, value=app', 'Use "project=app"'],
    ['a=b\nKey=one,Value=1\nKey=two,Value=2', 'Use "one=1"'],
    ['{"Key": "project", "Value": "app"}', 'key=value'],
    ['none\na=b', 'key=value'],
    ['none', 'requires the input "prune-resource-tags"']
  ])('rejects the resource tags %j', (text, words) => {
    expect(errorOf({ mode: 'ensure-repo', repository: 'a1', 'resource-tags': text })).toContain(
      words
    )
  })

  it('requires resource tags, or the word none, to remove the tags that are not listed', () => {
    const base = { mode: 'ensure-repo', repository: 'a1', 'prune-resource-tags': 'true' } as const
    for (const text of ['', ' \n']) {
      expect(errorOf({ ...base, 'resource-tags': text })).toContain(
        'Input "prune-resource-tags" requires the input "resource-tags". List the tags to keep'
      )
    }
    const inputs = makeInputs('ensure-repo', { ...base, 'resource-tags': 'none' })
    expect(inputs).toMatchObject({ resourceTags: [], pruneResourceTags: true })
  })

  it('rejects inputs that cannot be used with the state', () => {
    const base = { mode: 'ensure-repo', repository: 'a1' }
    expect(errorOf({ ...base, force: 'true' })).toContain('cannot be used with "state: present"')
    expect(errorOf({ ...base, state: 'absent', policy: 'none' })).toContain(
      'cannot be used with "state: absent"'
    )
    expect(errorOf({ ...base, force: 'false' })).toBe('no error')
  })
})

describe('readInputs for push-tar', () => {
  const base = { mode: 'push-tar', repository: 'app' }

  it('requires exactly one of tar, image and from', () => {
    expect(errorOf(base)).toContain('None of the inputs "tar", "image" and "from" is given')
    expect(errorOf({ ...base, tar: 'x', image: 'y' })).toContain('cannot be used together')
    expect(makeInputs('push-tar', { repository: 'app', tar: 'x' }).source).toEqual({
      kind: 'tar',
      lines: ['x']
    })
  })

  it('keeps the lines of tar, because a path can contain a comma', () => {
    const tar = '# archives\n a,b.tar \r\n\nout/{amd64,arm64}.tar'
    expect(makeInputs('push-tar', { repository: 'app', tar }).source).toEqual({
      kind: 'tar',
      lines: ['a,b.tar', 'out/{amd64,arm64}.tar']
    })
    expect(errorOf({ ...base, tar: '# x.tar' })).toContain('"tar" does not contain any items')
    expect(errorOf({ ...base, tar: ',' })).toContain('"tar" does not contain any items')
  })

  it('reads the word none in image-tags as no tag', () => {
    const read = (tags: string): unknown =>
      makeInputs('push-tar', { repository: 'app', tar: 'x', 'image-tags': tags }).imageTags
    expect(read('none')).toEqual([])
    expect(read('v1, v2')).toEqual(['v1', 'v2'])
    expect(errorOf({ ...base, tar: 'x', 'image-tags': 'v1, none' })).toContain('"none" and tags')
    expect(errorOf({ ...base, tar: 'x', 'image-tags': ',' })).toContain(
      'does not contain any items'
    )
  })

  it.each([
    ['archive-image', '#0'],
    ['compression', 'zstd'],
    ['compression-level', '3'],
    ['reuse-layers', 'true']
  ])('rejects %s with from, because it is about archives', (name, value) => {
    const promotion = { ...base, from: 'rc:v1', 'image-tags': 'v1' }
    expect(errorOf({ ...promotion, [name]: value })).toContain(
      `Input "${name}" cannot be used with "from": "${value}". A promotion copies`
    )
    expect(makeInputs('push-tar', promotion).source).toEqual({ kind: 'from', reference: 'rc:v1' })
    expect(errorOf({ ...base, from: 'rc:v1' })).toContain('requires the input "image-tags"')
  })

  it('accepts one repository', () => {
    expect(errorOf({ ...base, repository: 'a, b', tar: 'x' })).toContain('several repositories')
  })

  it('checks the level for the compression', () => {
    expect(errorOf({ ...base, tar: 'x', 'compression-level': '12' })).toContain(
      'Use 1 to 9 for gzip'
    )
    expect(errorOf({ ...base, tar: 'x', compression: 'none', 'compression-level': '1' })).toContain(
      'cannot be used with "compression: none"'
    )
    const inputs = makeInputs('push-tar', {
      ...base,
      tar: 'x',
      compression: 'zstd',
      'compression-level': '12'
    })
    expect(inputs.compressionLevel).toBe(12)
  })

  it('lists the values of a choice', () => {
    expect(errorOf({ ...base, tar: 'x', compression: 'brotli' })).toBe(
      'Input "compression" has an unknown value: "brotli". Use one of these values: gzip, zstd, none.'
    )
  })
})

describe('readInputs for cleanup-tags', () => {
  const base = { mode: 'cleanup-tags', repository: 'app' }

  it('keeps the order of patterns and exclusions, and repeated lines', () => {
    const repository = 'team/*\n!team/web\nteam/*'
    const inputs = makeInputs('cleanup-tags', { repository, 'keep-latest': '1' })
    expect(inputs.repositories).toEqual(['team/*', '!team/web', 'team/*'])
  })

  it('requires a rule', () => {
    expect(errorOf(base)).toContain(
      'Use at least one of older-than, keep-latest, closed-pull-requests, untagged, lifecycle-policy.'
    )
    expect(errorOf({ ...base, tags: 'v*' })).toContain('requires a rule')
  })

  it('returns the defaults, and whether keep-latest is given', () => {
    expect(makeInputs('cleanup-tags', { ...base, untagged: 'true' }).rules).toEqual({
      tags: ['*'],
      tagsAreGiven: false,
      excludeTags: ['latest'],
      excludeTagsAreGiven: false,
      olderThan: undefined,
      keepLatest: 1,
      keepLatestIsGiven: false,
      keepLatestPer: 'repository',
      sortBy: 'created',
      closedPullRequests: [],
      untagged: true
    })
  })

  it('rejects a list of patterns whose lines are all skipped', () => {
    for (const text of ['# latest', ',', '#\n\n', ' , ,']) {
      expect(errorOf({ ...base, 'keep-latest': '0', 'exclude-tags': text })).toContain(
        'Input "exclude-tags" does not contain any items'
      )
    }
  })

  it('accepts closed-pull-requests as the only rule, and reads github-token only for it', () => {
    const given = { ...base, 'closed-pull-requests': 'pr-{number}\npr-{number}-{a,b}' }
    const inputs = makeInputs('cleanup-tags', { ...given, 'github-token': 'ghs_x' })
    expect(inputs).toMatchObject({
      githubToken: 'ghs_x',
      rules: { closedPullRequests: ['pr-{number}', 'pr-{number}-{a,b}'] }
    })
    expect(errorOf(given)).toContain('Input "github-token" is missing')
    const others = { ...base, untagged: 'true', 'github-token': 'ghs_x' }
    expect(makeInputs('cleanup-tags', others).githubToken).toBeUndefined()
  })

  it('ignores github-token in other modes, since action.yml sets its default', () => {
    expect(makeInputs('login', { 'github-token': 'ghs_x' })).not.toHaveProperty('githubToken')
  })

  it('accepts a lifecycle policy instead of the other rules', () => {
    expect(makeInputs('cleanup-tags', { ...base, 'lifecycle-policy': 'p.json' }).rules).toEqual({
      lifecyclePolicy: 'p.json'
    })
    expect(errorOf({ ...base, 'lifecycle-policy': 'p.json', tags: '*' })).toContain(
      'Inputs "lifecycle-policy" and "tags" cannot be used together.'
    )
  })
})

describe('readInputs for sync-catalog', () => {
  it('distinguishes a README that is given from the default one', () => {
    const unnamed = makeInputs('sync-catalog', { repository: 'team/*' })
    expect(unnamed).toMatchObject({
      readme: 'README.md',
      readmeIsGiven: false,
      onTooLong: 'truncate'
    })
    const named = makeInputs('sync-catalog', { repository: 'team/*', readme: 'README.md' })
    expect(named.readmeIsGiven).toBe(true)
  })
})
