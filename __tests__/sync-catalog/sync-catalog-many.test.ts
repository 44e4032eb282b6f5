import { GetRepositoryCatalogDataCommand } from '@aws-sdk/client-ecr-public'
import type { EmulatorOptions } from '../../src/emulator/options.js'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import type { Report } from '../../src/runner/report.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { makeWorkspace } from '../helpers/make-workspace.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

interface Fleet {
  readonly emulator: RunningEmulator
  readonly deps: TestDeps
  readonly sync: (inputs: Readonly<Record<string, string>>) => Promise<Report>
}

async function fleet(
  names: readonly string[],
  files: Readonly<Record<string, string>>,
  options: EmulatorOptions = {}
): Promise<Fleet> {
  const emulator = await startEmulator({
    seed: { repositories: names.map((name) => ({ name })) },
    ...options
  })
  const workspace = await makeWorkspace(files)
  const deps = makeDeps(emulator, { env: { GITHUB_WORKSPACE: workspace } })
  const sync = (inputs: Readonly<Record<string, string>>): Promise<Report> =>
    syncCatalog(makeInputs('sync-catalog', { ...inputs }), deps)
  return { emulator, deps, sync }
}

const count = async (emulator: RunningEmulator, operation: string): Promise<number> =>
  (await emulator.operations()).filter((found) => found === operation).length

describe('sync-catalog with many repositories', () => {
  it('reads the file of each repository from its name', async () => {
    const { sync, deps } = await fleet(['team/web', 'team/deep/api', 'other/web'], {
      'docs/team/web.md': '# Web of the team\n',
      'docs/team/deep/api.md': '# API\n',
      'usage/web.md': 'Run web.\n',
      'usage/api.md': 'Run API.\n'
    })
    const report = await sync({
      repository: 'team/**',
      readme: 'docs/{repository}.md',
      usage: 'usage/{name}.md'
    })
    expect(report.repositories).toEqual(['team/deep/api', 'team/web'])
    const texts = async (repositoryName: string): Promise<unknown> => {
      const command = new GetRepositoryCatalogDataCommand({ repositoryName })
      return (await deps.api.send(command)).catalogData
    }
    expect(await texts('team/web')).toEqual({
      aboutText: '# Web of the team\n',
      usageText: 'Run web.\n'
    })
    expect(await texts('team/deep/api')).toEqual({ aboutText: '# API\n', usageText: 'Run API.\n' })
    expect(await texts('other/web')).toEqual({})
    expect(report.outputs['changed-fields']).toEqual({
      'team/deep/api': ['aboutText', 'usageText'],
      'team/web': ['aboutText', 'usageText']
    })
  })

  it('matches * within one path segment and rejects a glob without a match', async () => {
    const { sync } = await fleet(['a/b', 'a/b/c'], { 'README.md': '# A\n' })
    expect((await sync({ repository: 'a/*' })).repositories).toEqual(['a/b'])
    await expect(sync({ repository: 'z/*' })).rejects.toThrow(/does not match any repository/)
  })

  it('shows each annotation once for any number of repositories', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `app-${at}`)
    const { sync, deps } = await fleet(names, { 'README.md': '# A\n' })
    await sync({ repository: '*' })
    const notices = deps.lines.filter((line) => line.startsWith('notice: '))
    expect(new Set(notices).size).toBe(notices.length)
    expect(notices).toHaveLength(2)
  })

  it('has one annotation per kind, and shows the table before the notes', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `app-${at}`)
    const files = names.map((name, at): [string, string] => {
      const long = `# A\n\n${`${'Words '.repeat(500)}\n\n`.repeat(10)}\n## Usage\n\nRun.\n`
      return [`${name}.md`, at % 5 === 0 ? long : '# A\n']
    })
    const { sync, deps } = await fleet(names, Object.fromEntries(files))
    const report = await sync({ repository: '*', readme: '{name}.md' })
    const warnings = deps.lines.filter((line) => line.startsWith('warning: '))
    expect(warnings).toEqual([
      'warning: The about text is longer than 25600 characters and is truncated. 6 of 30 repositories: app-0, app-10, app-15, app-20, app-25 and 1 more.'
    ])
    expect(deps.lines.filter((line) => line.startsWith('notice: '))).toHaveLength(2)
    expect(deps.lines).toContainEqual(
      expect.stringMatching(
        /^info: app-0: The about text of app-0\.md is truncated in section "A": \d+ of 30\d+ characters are left\.$/
      )
    )
    const kinds = report.summary.map(({ kind }) => kind)
    expect(kinds.slice(0, 2)).toEqual(['paragraph', 'table'])
    const notes = report.summary.slice(kinds.lastIndexOf('link') + 1)
    // The first note, about the environment, is the same for all repositories.
    expect(notes.map(({ kind }) => kind)).toEqual([
      'paragraph',
      'paragraph',
      'code',
      'paragraph',
      'code'
    ])
    expect(notes.slice(1)).toContainEqual({
      kind: 'paragraph',
      text: warnings[0]?.replace('warning', 'Warning')
    })
  })

  it('names the repositories that a file of their own concerns', async () => {
    const { sync, deps } = await fleet(['a1', 'b1'], {
      'a1.md': '# A\n\n## Usage\n\nRun.\n',
      'b1.md': '# B\n'
    })
    await sync({ repository: '*', readme: '{name}.md' })
    expect(deps.lines.filter((line) => /^(?:notice|warning): .*usage/.test(line))).toEqual([
      expect.stringMatching(
        /^notice: b1\.md does not have a section .* not changed\. 1 of 2 repositories: b1\.$/
      )
    ])
  })

  it('lists repositories that cannot be read in the table', async () => {
    const { sync, emulator } = await fleet(['a1', 'b1'], { 'README.md': '# A\n' })
    await emulator.fault({
      operation: 'GetRepositoryCatalogData',
      fault: 'access-denied',
      count: 1
    })
    const { summary } = await sync({ repository: '*' })
    const table = summary.find((block) => block.kind === 'table')
    expect(table?.rows[0]?.slice(0, 3)).toEqual([
      expect.stringMatching(/^[ab]1$/),
      'could not be read',
      ''
    ])
  })

  it('reports all repositories if some cannot be written', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `app-${at}`)
    const { sync, emulator } = await fleet(names, { 'README.md': '# A\n' })
    await emulator.fault({
      operation: 'PutRepositoryCatalogData',
      fault: 'access-denied',
      count: 3
    })
    const report = await sync({ repository: '*' })
    const failed = report.plan.filter((row) => row.failed === true)
    expect(failed).toHaveLength(3)
    expect(Object.keys(report.outputs['changed-fields'] as object)).toHaveLength(9)
    expect(report.changed).toBe(true)
    expect(report.summary[0]).toEqual({
      kind: 'paragraph',
      text: '9 repositories changed, 0 already up to date, 3 failed.'
    })
    expect(report.failure).toMatch(
      /^3 repositories could not be updated\. First error, for app-\d+: /
    )
    const next = await sync({ repository: '*' })
    expect(Object.keys(next.outputs['changed-fields'] as object)).toHaveLength(3)
    expect(next.failure).toBeUndefined()
  })

  it('updates the other repositories if one cannot be read', async () => {
    const { sync, emulator } = await fleet(
      ['a', 'b'].map((name) => `app-${name}`),
      {
        'README.md': '# A\n'
      }
    )
    await emulator.fault({
      operation: 'GetRepositoryCatalogData',
      fault: 'access-denied',
      count: 1
    })
    const report = await sync({ repository: '*' })
    expect(report.failure).toMatch(/^1 repository could not be read\. First error, for app-/)
    expect(Object.keys(report.outputs['changed-fields'] as object)).toHaveLength(1)
  })

  it('makes one read per repository and no write for 500 unchanged repositories', async () => {
    const names = Array.from({ length: 500 }, (_, at) => `fleet/app-${at}`)
    const emulatorSeed = names.map((name) => ({
      name,
      catalogData: { aboutText: '# Fleet\n', usageText: '## Usage\n\nRun.\n' }
    }))
    const { sync, emulator } = await fleet(
      [],
      { 'README.md': '# Fleet\n\n## Usage\n\nRun.\n' },
      { seed: { repositories: emulatorSeed } }
    )
    const report = await sync({ repository: 'fleet/*' })
    expect(report.changed).toBe(false)
    expect(report.plan).toHaveLength(1000)
    expect(await count(emulator, 'GetRepositoryCatalogData')).toBe(500)
    expect(await count(emulator, 'PutRepositoryCatalogData')).toBe(0)
    expect(await count(emulator, 'DescribeRepositories')).toBe(1)
  })

  it('retries when the service throttles', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `fleet/app-${at}`)
    const { sync, emulator } = await fleet(names, { 'README.md': '# Fleet\n' })
    await emulator.fault({ operation: '*', fault: 'throttle', probability: 0.2, seed: 7 })
    const report = await sync({ repository: 'fleet/*' })
    expect(report.failure).toBeUndefined()
    expect(Object.keys(report.outputs['changed-fields'] as object)).toHaveLength(40)
    await emulator.clearFaults()
    expect((await sync({ repository: 'fleet/*' })).changed).toBe(false)
  })

  it('limits the length of all diffs in the summary', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `app-${at}`)
    const long = `# A\n\n${'Some words that differ.\n\n'.repeat(1000)}`
    const { sync } = await fleet(names, { 'README.md': long })
    const report = await sync({ repository: '*', 'dry-run': 'true' })
    const kept = report.summary.reduce(
      (sum, block) => sum + (block.kind === 'code' ? block.text.length : 0),
      0
    )
    expect(kept).toBeLessThan(1_600_000)
    expect(report.plan).toHaveLength(60)
  })
})
