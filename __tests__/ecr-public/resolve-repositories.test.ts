import {
  resolveNamedRepositories,
  selectRepositories
} from '../../src/ecr-public/resolve-repositories.js'
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

async function setUp(): Promise<Setup> {
  const repositories = NAMES.map((name) => ({ name }))
  const emulator = await startEmulator({ seed: { repositories } })
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
    [['v{1..3}'], 'has an invalid pattern: "v{1..3}".']
  ])('rejects %j without an API call', async (lines, message) => {
    const { select, emulator } = await setUp()
    await expect(select(...lines)).rejects.toThrow(`Input "repository" ${message}`)
    expect(await emulator.operations()).toEqual([])
  })
})

describe('resolveNamedRepositories', () => {
  test.each([
    ['team/*', 'contains a pattern: "team/*". Use only repository names in this mode.'],
    ['!app', 'contains an exclusion: "!app". Use only repository names in this mode.']
  ])('rejects %s', async (line, message) => {
    const { deps, emulator } = await setUp()
    await expect(resolveNamedRepositories(['app', line], deps)).rejects.toThrow(message)
    expect(await emulator.operations()).toEqual([])
  })
})
