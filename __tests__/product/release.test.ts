import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJob } from './run-job.js'
import type { StepRun } from './run-job.js'
import { readWorkflow, ROOT } from './read-workflow.js'
import { makeWorkspace } from './make-workspace.js'

const build = readWorkflow('.github/workflows/build.yml')
const workflow = readWorkflow('.github/workflows/release.yml')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
}
const TAG = `v${version}`
const MAJOR_REF = `refs/tags/v${version.split('.', 1)[0] ?? ''}`
const ARCHIVE = `ecr-public-action-${TAG}.tar.gz`

/** The state of the GitHub repository that `fake-gh.mjs` serves. */
interface GitHubState {
  readonly releases: readonly {
    readonly tag: string
    readonly draft: boolean
    readonly notes: string
    readonly assets: Readonly<Record<string, number>>
  }[]
  readonly refs: Readonly<Record<string, string>>
  readonly latest?: string
}

/** An npm that lists one bundled package and one development dependency. */
const NPM = `#!/usr/bin/env bash
echo '{"metadata": {"component": {"bom-ref": "root", "name": "checkout"}}, "components": [{"bom-ref": "bundled@1.0.0",'
echo '"name": "bundled", "version": "1.0.0"}, {"bom-ref": "tests@1.0.0", "name": "tests", "version": "1.0.0"}],'
echo '"dependencies": [{"ref": "root", "dependsOn": ["tests@1.0.0"]}, {"ref": "tests@1.0.0", "dependsOn": []}]}'
`

const SCRIPTS_LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^npm ci$/, 'the packages are installed'],
  [/^npm run bundle\n/, 'ci.test.ts runs this script']
]

let workspace: string
let programs: string
let head: string
beforeAll(() => {
  workspace = makeWorkspace()
  for (const path of ['dist/licenses.txt', 'dist/emulator/licenses.txt']) {
    writeFileSync(join(workspace, path), 'bundled@1.0.0 (MIT)\n')
  }
  git('commit', '--all', '--message=Licenses')
  head = git('rev-parse', 'HEAD').trim()
})
beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'release-'))
  const gh = `#!/usr/bin/env bash\nexec "${process.execPath}" "${join(ROOT, '__tests__/product/fake-gh.mjs')}" "$@"\n`
  writeFileSync(join(programs, 'gh'), gh)
  // npm requires node_modules, which this workspace does not have.
  writeFileSync(join(programs, 'npm'), NPM)
  for (const name of ['gh', 'npm']) chmodSync(join(programs, name), 0o755)
  writeFileSync(join(programs, 'calls'), '')
  setState({ releases: [], refs: {} })
  tag(TAG)
})
afterEach(() => rmSync(programs, { recursive: true, force: true }))

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  return execFileSync('git', [...identity, ...args], {
    cwd: workspace,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore']
  })
}

/** Deletes all tags and sets these. */
function tag(...names: readonly string[]): void {
  const old = git('tag', '--list').split('\n')
  for (const name of old.filter((each) => each !== '')) git('tag', '--delete', name)
  for (const name of names) git('tag', name)
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
}

function setState(state: GitHubState): void {
  writeFileSync(join(programs, 'state.json'), JSON.stringify(state))
}

function state(): GitHubState {
  return JSON.parse(readFileSync(join(programs, 'state.json'), 'utf8')) as GitHubState
}

function calls(): string[] {
  return readFileSync(join(programs, 'calls'), 'utf8').split('\n').filter(Boolean)
}

/** A failure of the GitHub CLI. */
interface Failure {
  readonly at: string
  readonly when: 'before' | 'after'
}

/** Runs a job for a tag. */
function run(
  name: 'build' | 'release',
  ref: string,
  { at, when }: Failure = { at: '', when: 'before' }
): Promise<StepRun[]> {
  return runJob(name === 'build' ? build : workflow, name, {
    workspace,
    path: [programs],
    contexts: {
      github: { ref_name: ref, token: 'token', repository: 'OWNER/ecr-public-action' },
      inputs: { version: ref }
    },
    env: {
      GH_CALLS: join(programs, 'calls'),
      GH_STATE: join(programs, 'state.json'),
      FAIL_AT: at,
      FAIL_WHEN: when
    },
    resolveAction: (uses) => ({ skip: `${uses} requires GitHub` }),
    skipScript: (script) => SCRIPTS_LEFT_OUT.find(([pattern]) => pattern.test(script))?.[1]
  })
}

const failedSteps = (steps: readonly StepRun[]): string[] =>
  steps.filter(({ outcome }) => outcome === 'failure').map(({ title, log }) => `${title}: ${log}`)

function expectPublished(): void {
  const notes = readFileSync(join(workspace, 'release/notes.md'), 'utf8')
  const assets = { [ARCHIVE]: expect.any(Number), 'sbom.cdx.json': expect.any(Number) }
  expect(state()).toStrictEqual({
    releases: [{ tag: TAG, draft: false, notes, assets }],
    refs: { [MAJOR_REF]: head },
    latest: TAG
  })
}

describe('the build of a release', () => {
  it('creates the archive, the SBOM and the release notes', async () => {
    expect(failedSteps(await run('build', TAG))).toEqual([])
    expect(readFileSync(join(workspace, 'release/notes.md'), 'utf8')).toMatch(/\S/)
    const sbom: unknown = JSON.parse(readFileSync(join(workspace, 'release/sbom.cdx.json'), 'utf8'))
    expect(sbom).toMatchObject({
      components: [{ 'bom-ref': 'bundled@1.0.0' }],
      dependencies: [{ ref: 'root', dependsOn: ['bundled@1.0.0'] }]
    })
    const listed = execFileSync('tar', ['-tzf', join(workspace, 'release', ARCHIVE)]).toString()
    const needed = ['action.yml', 'dist/index.js', 'dist/emulator/index.js', 'emulator/action.yml']
    const steps = ['emulator/start.mjs', 'emulator/stop.mjs', 'emulator/log.mjs']
    for (const file of [...needed, ...steps, 'LICENSE']) {
      expect(listed).toContain(`ecr-public-action-${TAG}/${file}\n`)
    }
  }, 120_000)

  it('fails for a version that differs from package.json', async () => {
    tag('v98.7.6')
    expect(failedSteps(await run('build', 'v98.7.6'))).toHaveLength(1)
  }, 120_000)

  it('is a reusable workflow that attests the files before it uploads them', () => {
    expect(build.on).toMatchObject({ workflow_call: { inputs: { version: { required: true } } } })
    const { steps } = build.jobs.build!
    const uses = steps.map((step) => step.uses?.split('@', 1)[0] ?? '')
    expect(uses.lastIndexOf('actions/attest')).toBeLessThan(uses.indexOf('actions/upload-artifact'))
    const [provenance, sbom] = steps.filter((step) => step.uses?.startsWith('actions/attest@'))
    expect(String(provenance?.with?.['subject-path']).trim().split('\n')).toEqual([
      'dist/**/*',
      'emulator/*.mjs',
      'release/ecr-public-action-${{ inputs.version }}.tar.gz'
    ])
    expect(sbom?.with).toHaveProperty('sbom-path')
    expect(workflow.jobs.build).toMatchObject({
      uses: './.github/workflows/build.yml',
      needs: 'check'
    })
    expect(workflow.jobs.release).toMatchObject({ needs: 'build' })
  })
})

describe('the publication of a release', () => {
  beforeEach(async () => {
    await run('build', TAG)
  }, 120_000)

  it('uploads the assets to a draft, publishes it and creates the major tag', async () => {
    expect(failedSteps(await run('release', TAG))).toEqual([])
    expectPublished()
    const verbs = calls().map((call) => call.split(' ').slice(0, 2).join(' '))
    expect(verbs.filter((verb) => verb.startsWith('release'))).toEqual([
      'release create',
      'release upload',
      'release edit'
    ])
  }, 120_000)

  it('moves an existing major tag', async () => {
    setState({ releases: [], refs: { [MAJOR_REF]: '0'.repeat(40), [`${MAJOR_REF}9`]: 'other' } })
    await run('release', TAG)
    expect(state().refs).toStrictEqual({ [MAJOR_REF]: head, [`${MAJOR_REF}9`]: 'other' })
  }, 120_000)

  it('changes nothing if it runs again after a success', async () => {
    await run('release', TAG)
    const before = state()
    expect(failedSteps(await run('release', TAG))).toEqual([])
    expect(state()).toStrictEqual(before)
  }, 120_000)

  const COMMANDS = [
    'releases --jq',
    'release create',
    'release upload',
    'release edit',
    'git/matching-refs',
    'git/refs'
  ]
  const failures = COMMANDS.flatMap((at) =>
    (['before', 'after'] as const).map((when) => ({ at, when }))
  )
  it.each(failures)(
    'completes after a failure $when the effect of "$at"',
    async (failure) => {
      const first = await run('release', TAG, failure)
      expect(failedSteps(first)).toHaveLength(1)
      expect(failedSteps(await run('release', TAG))).toEqual([])
      expectPublished()
    },
    120_000
  )

  it('does not move the major tag back from a newer release, and does not become the latest', async () => {
    const [major = '', minor = ''] = version.split('.')
    tag(TAG, `v${major}.${String(Number(minor) + 10)}.0`, `v${String(Number(major) + 1)}.0.0-rc.1`)
    expect(failedSteps(await run('release', TAG))).toEqual([])
    expect(state().refs).toStrictEqual({})
    expect(state().latest).toBeUndefined()
  }, 120_000)

  it('fails if there are two drafts of the version', async () => {
    const draft = { tag: TAG, draft: true, notes: '', assets: {} }
    setState({ releases: [draft, draft], refs: {} })
    expect(failedSteps(await run('release', TAG))).toEqual([
      expect.stringContaining('There are several releases')
    ])
  }, 120_000)
})
