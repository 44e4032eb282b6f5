import { readInputs } from '../../../src/runner/inputs/inputs.js'
import { makeInputs } from '../../helpers/make-inputs.js'

/** The message of the error that reading these inputs ends in. */
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
  it.each(['', ' '])('refuses a missing mode (%j) with the list of modes', (mode) => {
    expect(errorOf({ mode })).toBe(
      'Input "mode" is missing – one of login, ensure-repo, sync-catalog, push-tar, cleanup-tags'
    )
  })

  it('refuses an unknown mode with its value and the list', () => {
    expect(errorOf({ mode: 'logn' })).toBe(
      'Input "mode" has an unknown value – "logn" – one of login, ensure-repo, sync-catalog, push-tar, cleanup-tags'
    )
  })

  it('refuses an input of another mode and says where it belongs', () => {
    expect(errorOf({ mode: 'login', tar: 'x.tar' })).toBe(
      'Input "tar" does not belong to mode login – it belongs to mode push-tar – remove it, or check "mode"'
    )
  })

  it('says what ECR Public cannot do where ensure-repo is asked for a lifecycle policy', () => {
    expect(errorOf({ mode: 'ensure-repo', repository: 'app', 'lifecycle-policy': '{}' })).toContain(
      'ECR Public has no lifecycle policies; mode cleanup-tags evaluates one'
    )
  })

  it.each([
    ['INPUT_IMAGE-TAG-MUTABILITY', 'ECR Public has no tag immutability'],
    ['INPUT_SCAN_ON_PUSH', 'ECR Public does not scan images'],
    ['INPUT_REGION', 'the API exists only in us-east-1']
  ])('says in plain words that %s is not to be had', (variable, words) => {
    expect(errorOf({ mode: 'login' }, { [variable]: 'true' })).toContain(words)
  })

  it('refuses a misspelt input, since ignoring it could cost images', () => {
    expect(errorOf({ mode: 'cleanup-tags' }, { INPUT_OLDER_THAN: '30d' })).toBe(
      'Input "older_than" is unknown – did you mean "older-than"?'
    )
    expect(errorOf({ mode: 'login' }, { INPUT_FOO: 'x' })).toContain('the inputs are mode, dry-run')
  })

  it('ignores an unknown input that is set to the empty string', () => {
    expect(() =>
      readInputs({ INPUT_FOO: '' }, (name) => (name === 'mode' ? 'login' : ''))
    ).not.toThrow()
  })

  it.each(['yes', '1', 'tRUE'])('refuses %j as a boolean', (text) => {
    expect(errorOf({ mode: 'login', logout: text })).toBe(
      `Input "logout" is no boolean – "${text}" – true or false`
    )
  })

  it.each(['0', '21', '5.5', '5x', '-1', '1e1'])('refuses %j as max-attempts', (text) => {
    expect(errorOf({ mode: 'login', 'max-attempts': text })).toContain(
      'a whole number from 1 to 20'
    )
  })

  it('refuses dry-run in login only where it is true', () => {
    expect(errorOf({ mode: 'login', 'dry-run': 'true' })).toContain('does not apply to mode login')
    expect(makeInputs('login', { 'dry-run': 'false' }).dryRun).toBe(false)
  })

  it.each(['12345', 'A1', '-x', 'a b'])('refuses %j as registry-id', (text) => {
    expect(errorOf({ mode: 'login', 'registry-id': text })).toContain('12-digit AWS account id')
  })
})

describe('readInputs for ensure-repo', () => {
  it('reads names, each once', () => {
    const inputs = makeInputs('ensure-repo', { repository: 'a/b\n# comment\n\nc, a/b' })
    expect(inputs).toMatchObject({ repositories: ['a/b', 'c'], state: 'present', force: false })
  })

  it('needs a repository', () => {
    expect(errorOf({ mode: 'ensure-repo' })).toContain('Input "repository" is missing')
    expect(errorOf({ mode: 'ensure-repo', repository: '# none' })).toContain('is missing')
  })

  it('keeps resource tags with empty values and further equals signs', () => {
    const inputs = makeInputs('ensure-repo', { repository: 'a1', 'resource-tags': 'k=\nu=a=b' })
    expect(inputs.resourceTags).toEqual([
      { key: 'k', value: '' },
      { key: 'u', value: 'a=b' }
    ])
  })

  it.each([
    ['novalue', 'key=value'],
    ['=x', 'key=value'],
    ['a=1\na=2', 'each key once']
  ])('refuses the resource tags %j', (text, words) => {
    expect(errorOf({ mode: 'ensure-repo', repository: 'a1', 'resource-tags': text })).toContain(
      words
    )
  })

  it('refuses what does not go with the state', () => {
    const base = { mode: 'ensure-repo', repository: 'a1' }
    expect(errorOf({ ...base, force: 'true' })).toContain('does not go with state: present')
    expect(errorOf({ ...base, state: 'absent', policy: 'none' })).toContain(
      'does not go with state: absent'
    )
    expect(errorOf({ ...base, force: 'false' })).toBe('no error')
  })
})

describe('readInputs for push-tar', () => {
  const base = { mode: 'push-tar', repository: 'app' }

  it('takes exactly one of tar and image', () => {
    expect(errorOf(base)).toContain('Neither input "tar" nor input "image"')
    expect(errorOf({ ...base, tar: 'x', image: 'y' })).toContain('both given')
    expect(makeInputs('push-tar', { repository: 'app', tar: 'x' }).source).toEqual({
      kind: 'tar',
      path: 'x'
    })
  })

  it('takes one repository', () => {
    expect(errorOf({ ...base, repository: 'a, b', tar: 'x' })).toContain('several repositories')
  })

  it('checks the level against the compression', () => {
    expect(errorOf({ ...base, tar: 'x', 'compression-level': '12' })).toContain('1 to 9')
    expect(errorOf({ ...base, tar: 'x', compression: 'none', 'compression-level': '1' })).toContain(
      'none'
    )
    const inputs = makeInputs('push-tar', {
      ...base,
      tar: 'x',
      compression: 'zstd',
      'compression-level': '12'
    })
    expect(inputs.compressionLevel).toBe(12)
  })

  it('lists the values that a choice takes', () => {
    expect(errorOf({ ...base, tar: 'x', compression: 'brotli' })).toBe(
      'Input "compression" has an unknown value – "brotli" – one of gzip, zstd, none'
    )
  })
})

describe('readInputs for cleanup-tags', () => {
  const base = { mode: 'cleanup-tags', repository: 'app' }

  it('needs a rule', () => {
    expect(errorOf(base)).toContain(
      'at least one of older-than, keep-latest, untagged, lifecycle-policy'
    )
    expect(errorOf({ ...base, tags: 'v*' })).toContain('has no rule to go by')
  })

  it('gives the defaults, and tells whether keep-latest was written', () => {
    expect(makeInputs('cleanup-tags', { ...base, untagged: 'true' }).rules).toEqual({
      tags: ['*'],
      excludeTags: ['latest'],
      olderThan: undefined,
      keepLatest: 1,
      keepLatestIsGiven: false,
      sortBy: 'created',
      untagged: true
    })
  })

  it('takes a lifecycle policy instead of the other rules', () => {
    expect(makeInputs('cleanup-tags', { ...base, 'lifecycle-policy': 'p.json' }).rules).toEqual({
      lifecyclePolicy: 'p.json'
    })
    expect(errorOf({ ...base, 'lifecycle-policy': 'p.json', tags: '*' })).toContain('both given')
  })
})

describe('readInputs for sync-catalog', () => {
  it('tells a README that was named from the default one', () => {
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
