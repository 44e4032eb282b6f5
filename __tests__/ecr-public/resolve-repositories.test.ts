import {
  resolveNamedRepositories,
  resolveRepositories,
  selectRepositories
} from '../../src/ecr-public/resolve-repositories.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const NAMES = ['app', 'team/api', 'team/api/test', 'team/web', 'tools/cli']

interface Setup {
  readonly emulator: RunningEmulator
  readonly deps: TestDeps
  readonly select: (...lines: string[]) => Promise<(string | undefined)[]>
}

/** The actions of a role that is not allowed to call DescribeRegistries. */
const WITHOUT_REGISTRIES = ['ecr-public:DescribeRepositories']

async function setUp(
  names: readonly string[] = NAMES,
  options: EmulatorOptions = {}
): Promise<Setup> {
  const repositories = names.map((name) => ({ name }))
  const emulator = await startEmulator({ seed: { repositories }, ...options })
  const deps = makeDeps(emulator)
  return {
    emulator,
    deps,
    select: async (...lines) =>
      (await selectRepositories(lines, deps)).map(({ repositoryName }) => repositoryName)
  }
}

describe('selectRepositories', () => {
  test.each([
    [['**'], NAMES],
    [['team/*'], ['team/api', 'team/web']],
    [['team/**'], ['team/api', 'team/api/test', 'team/web']],
    [['{app,tools/cli}'], ['app', 'tools/cli']],
    [['t[!e]*/*'], ['tools/cli']],
    [['a1b2c3d4/team/*'], ['team/api', 'team/web']],
    [
      ['tools/cli', 'team/*', 'tools/*'],
      ['tools/cli', 'team/api', 'team/web']
    ],
    [
      ['**', '!team/**'],
      ['app', 'tools/cli']
    ],
    [
      ['**', '!team/**', 'team/web'],
      ['app', 'tools/cli', 'team/web']
    ],
    [['app', 'team/web', '! app'], ['team/web']],
    [['team/*', '!a1b2c3d4/team/api'], ['team/web']]
  ])('selects, for %j, %j', async (lines, names) => {
    const { select, deps } = await setUp()
    expect(await select(...lines)).toEqual(names)
    expect(deps.lines.filter((line) => line.startsWith('warning'))).toEqual([])
  })

  test('accepts the URI of a repository in an exclusion', async () => {
    const { select, emulator } = await setUp()
    expect(await select('team/*', `!${emulator.host}/a1b2c3d4/team/a*`)).toEqual(['team/web'])
  })

  test('warns of an exclusion without effect', async () => {
    const { select, deps } = await setUp()
    expect(await select('team/*', '!team/wbe')).toEqual(['team/api', 'team/web'])
    expect(deps.lines).toContain(
      'warning: Input "repository" has an exclusion without effect: "!team/wbe". The lines before it do not select a repository that it matches.'
    )
  })

  test.each([
    [['team/*', '!**'], 'does not select any repositories: "team/*, !**".'],
    [['none/*'], 'has a pattern that does not match any repository: "none/*".']
  ])('rejects %j after the registry is read', async (lines, message) => {
    const { select } = await setUp()
    await expect(select(...lines)).rejects.toThrow(message)
  })

  test.each([
    [['!team/*', '**'], 'begins with an exclusion: "!team/*".'],
    [['team/{a'], 'has an invalid pattern: "team/{a". The "{" is not closed.'],
    [['**', '![a'], 'has an invalid pattern: "![a". The "[" is not closed.'],
    [['**', '!'], 'contains an invalid repository name: "!".'],
    [['**', '!!app'], 'contains an invalid repository name: "!!app".'],
    [['**', '!(app)'], 'contains an invalid repository name: "!(app)".'],
    [['+(app)'], 'contains an invalid repository name: "+(app)".'],
    [['team/@(api|web)'], 'contains a tag or digest: "team/@(api|web)".'],
    [['v{1..3}'], 'has an invalid pattern: "v{1..3}".'],
    [['**', '!Team/*'], 'has an invalid pattern: "!Team/*". A repository name cannot contain']
  ])('rejects %j without an API call', async (lines, message) => {
    const { select, emulator } = await setUp()
    await expect(select(...lines)).rejects.toThrow(`Input "repository" ${message}`)
    expect(await emulator.operations()).toEqual([])
  })
})

describe('a line with the alias or host of the registry', () => {
  const HOST = 'HOST'
  const fill = (lines: readonly string[], { emulator }: Setup): string[] =>
    lines.map((line) => line.replace(HOST, emulator.host))

  test.each([
    [['a1b2c3d4/team/api'], ['team/api']],
    [[`${HOST}/a1b2c3d4/team/api`], ['team/api']],
    [[`${HOST}/a1b2c3d4/team/*`], ['team/api', 'team/web']],
    [['a1b2c3d4/t*/*'], ['team/api', 'team/web', 'tools/cli']],
    [
      ['team/*', '!a1b2c3d4/*/api', `!${HOST}/a1b2c3d4/none`, 'app'],
      ['team/web', 'app']
    ],
    [['team/api'], ['team/api']]
  ])('%j selects %j, also without DescribeRegistries', async (lines, names) => {
    for (const allow of [undefined, WITHOUT_REGISTRIES]) {
      const setup = await setUp(NAMES, allow === undefined ? {} : { allow })
      expect(await setup.select(...fill(lines, setup))).toEqual(names)
    }
  })

  test.each([
    ['public.ecr.aws/zzzzzzzz/team/api'],
    ['ghcr.io/a1b2c3d4/team/api'],
    ['GHCR.IO/a1b2c3d4/team/api'],
    [`${HOST}/zzzzzzzz/team/api`],
    [`${HOST}/zzzzzzzz/team/*`],
    [`${HOST}/*/team/api`],
    [`${HOST}/a1b2c3d?/team/*`],
    ['localhost/a1b2c3d4/team/api'],
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com/team/api'],
    [`**|!${HOST}/zzzzzzzz/team/api`],
    [`**|!${HOST}/zzzzzzzz/team/*`],
    ['team/api|!public.ecr.aws/a1b2c3d4/team/api']
  ])('is rejected if it belongs to another registry: %s', async (text) => {
    for (const allow of [undefined, WITHOUT_REGISTRIES]) {
      const setup = await setUp(NAMES, allow === undefined ? {} : { allow })
      await expect(setup.select(...fill(text.split('|'), setup))).rejects.toThrow(
        /contains (?:the host or alias of another registry|a host or alias that the API does not confirm): "/
      )
    }
  })

  test.each([
    ['zzzzzzzz/team/api'],
    ['z1zzzzzz/team/api'],
    ['z1zzzzzz/team/*'],
    ['team/api|!z1zzzzzz/team/api'],
    ['**|!z1zzzzzz/team/*']
  ])('never selects the name after an unknown alias: %s', async (text) => {
    const { select, emulator } = await setUp(NAMES, { allow: WITHOUT_REGISTRIES })
    await expect(select(...text.split('|'))).rejects.toThrow()
    expect(new Set(await emulator.operations())).toEqual(
      new Set(['DescribeRegistries', 'DescribeRepositories'])
    )
  })

  // A name that does not exist takes another call. "a1b2c3d4/app" can be the name of a repository, too.
  test.each([
    [['app'], 0, 1],
    [['app', 'tools/cli', 'team/api', 'team/web'], 1, 1],
    [['app', 'team/*', 'team/web', '!team/web'], 1, 1],
    [['app', 'team/api', 'team/web', '!team/web', '!team/x/*'], 1, 1],
    [[`${HOST}/a1b2c3d4/app`, `${HOST}/a1b2c3d4/team/api`, 'team/web'], 1, 2],
    [['a1b2c3d4/app', 'a1b2c3d4/team/api', 'a1b2c3d4/team/web'], 1, 6]
  ])('%j takes %i calls for the registry and %i for the repositories', async (lines, ...counts) => {
    const setup = await setUp()
    await setup.select(...fill(lines, setup))
    const operations = await setup.emulator.operations()
    const countOf = (name: string): number => operations.filter((each) => each === name).length
    expect(['DescribeRegistries', 'DescribeRepositories'].map(countOf)).toEqual(counts)
  })

  test('is rejected with the known prefix and how to confirm it', async () => {
    const { select, emulator } = await setUp(NAMES, { allow: WITHOUT_REGISTRIES })
    await expect(select('z1zzzzzz/team/api')).rejects.toThrow(
      `Input "repository" contains a host or alias that the API does not confirm: "z1zzzzzz/team/api". "z1zzzzzz" could belong to another registry. The URIs of the registry begin with ${emulator.host}/a1b2c3d4/. Use the repository name without host and alias. If "z1zzzzzz" is part of the name, allow ecr-public:DescribeRegistries.`
    )
  })

  test('counts only if the alias is active', async () => {
    const { select, emulator } = await setUp(NAMES, {
      otherAliases: [
        { name: 'acme', status: 'ACTIVE' },
        { name: 'requested', status: 'PENDING' }
      ]
    })
    expect(await select('acme/team/api')).toEqual(['team/api'])
    expect(await select(`${emulator.host}/acme/team/web`)).toEqual(['team/web'])
    await expect(select(`${emulator.host}/requested/team/web`)).rejects.toThrow('another registry')
    await expect(select('requested/team/web')).rejects.toThrow(
      'The repository does not exist: "requested/team/web".'
    )
  })

  test('is checked against the registry of "registry-id"', async () => {
    const { deps, emulator } = await setUp()
    const select = (line: string, id: string): Promise<unknown> =>
      selectRepositories([line], deps, id)
    await select(`${emulator.host}/a1b2c3d4/app`, '123456789012')
    await expect(select(`${emulator.host}/zzzzzzzz/app`, '123456789012')).rejects.toThrow(
      'another registry'
    )
    await expect(select(`${emulator.host}/a1b2c3d4/app`, '999999999999')).rejects.toThrow(
      'does not confirm'
    )
    await expect(select('a1b2c3d4/app', '999999999999')).rejects.toThrow('does not confirm')
  })
})

describe('an alias that is also a namespace', () => {
  const REPOSITORIES = ['app', 'other', 'team/app', 'team/web']

  test.each([
    ['team/*', /ambiguous: "team\/\*".*can mean the pattern "team\/\*" or the pattern "\*"/],
    ['team/**', /ambiguous/],
    ['team/o*', /ambiguous/],
    ['team/app', /ambiguous.*the repository "team\/app" or the repository "app"/],
    ['team/other', /ambiguous/],
    ['team/new', /ambiguous/],
    ['**|!team/*', /ambiguous/],
    ['**|!team/app', /ambiguous/],
    ['app|!team/app', /ambiguous/]
  ])('makes the line ambiguous: %s', async (text, message) => {
    for (const more of [{}, { allow: WITHOUT_REGISTRIES }]) {
      const { select } = await setUp(REPOSITORIES, { alias: 'team', ...more })
      await expect(select(...text.split('|'))).rejects.toThrow(message)
    }
  })

  test('does not change the meaning of names, of other patterns and of URIs', async () => {
    const { select, emulator } = await setUp(REPOSITORIES, { alias: 'team' })
    expect(await select('team/web')).toEqual(['team/web'])
    expect(await select('team/w*')).toEqual(['team/web'])
    expect(await select(`${emulator.host}/team/team/*`)).toEqual(['team/app', 'team/web'])
    expect(await select(`${emulator.host}/team/*`)).toEqual(['app', 'other'])
    expect(await select('{team,x}/*')).toEqual(['team/app', 'team/web'])
    expect(await select('**', '!team/w*')).toEqual(['app', 'other', 'team/app'])
  })
})

describe('resolveRepositories', () => {
  test('returns names that do not exist without a repository', async () => {
    const { deps } = await setUp()
    const resolved = await resolveRepositories(['app', 'new', 'team/*', '!team/web'], deps)
    expect(resolved.map(({ name, repository }) => [name, repository?.repositoryName])).toEqual([
      ['app', 'app'],
      ['new', undefined],
      ['team/api', 'team/api']
    ])
  })

  test.each<[string, EmulatorOptions, string, string]>([
    ['a repository', {}, 'app', '123456789012 (HOST/a1b2c3d4)'],
    ['a repository that does not exist', { allow: WITHOUT_REGISTRIES }, 'new', '123456789012'],
    ['DescribeRegistries', {}, 'team/new', '123456789012 (HOST/a1b2c3d4)']
  ])('logs the account as the response about %s contains it', async (_, options, name, text) => {
    const { deps, emulator } = await setUp(NAMES, options)
    await resolveRepositories([name], deps)
    expect(deps.lines).toContain(`info: Registry: ${text.replace('HOST', emulator.host)}`)
  })
})

describe('resolveNamedRepositories', () => {
  test('rejects an alias without a valid name', async () => {
    const { deps } = await setUp()
    await expect(resolveNamedRepositories(['a1b2c3d4/x'], deps)).rejects.toThrow(
      'contains an invalid repository name: "a1b2c3d4/x".'
    )
  })

  test.each([
    ['team/*', 'contains a pattern: "team/*". Use only repository names in this mode.'],
    ['!app', 'contains an exclusion: "!app". Use only repository names in this mode.']
  ])('rejects %s', async (line, message) => {
    const { deps, emulator } = await setUp()
    await expect(resolveNamedRepositories(['app', line], deps)).rejects.toThrow(message)
    expect(await emulator.operations()).toEqual([])
  })
})
