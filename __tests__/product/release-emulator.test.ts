import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeWorkspace } from './make-workspace.js'
import { readWorkflow, ROOT } from './read-workflow.js'
import { runJob } from './run-job.js'
import type { StepRun } from './run-job.js'

const workflow = readWorkflow('.github/workflows/release.yml')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
}
const [major = 0, minor = 0] = version.split('.').map(Number)
const TAG = `v${version}`
const IMAGE = 'ghcr.io/owner/ecr-public-action/emulator'

/** Newer versions of the same and of the next major version. */
const NEWER = `v${String(major)}.${String(minor + 10)}.0`
const NEXT_MAJOR = `v${String(major + 1)}.0.0`

/** The state of the registries that `fake-registries.mjs` serves. */
interface Registries {
  readonly versions: readonly string[]
  readonly npmTags: Readonly<Record<string, string>>
  readonly images: Readonly<Record<string, string>>
  readonly attested: readonly string[]
  readonly builds: number
}
const EMPTY: Registries = { versions: [], npmTags: {}, images: {}, attested: [], builds: 0 }

interface Failure {
  readonly at: string
  readonly when: 'before' | 'after'
}

let workspace: string
let programs: string
beforeAll(() => {
  workspace = makeWorkspace()
})
beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'release-emulator-'))
  const registries = join(ROOT, '__tests__/product/fake-registries.mjs')
  for (const name of ['npm', 'docker', 'gh']) {
    const script = `#!/usr/bin/env bash\nexec "${process.execPath}" "${registries}" ${name} "$@"\n`
    writeFileSync(join(programs, name), script)
    chmodSync(join(programs, name), 0o755)
  }
  mkdirSync(join(programs, 'attest'))
  const action = 'inputs: {subject-name: {}, subject-digest: {}, push-to-registry: {}}\n'
  writeFileSync(
    join(programs, 'attest/action.yml'),
    `${action}runs: {using: node24, main: main.mjs}\n`
  )
  writeFileSync(
    join(programs, 'attest/main.mjs'),
    `process.argv.splice(2, 0, 'attest')\nawait import(${JSON.stringify(registries)})\n`
  )
  setState(EMPTY)
  tag(TAG)
})
afterEach(() => rmSync(programs, { recursive: true, force: true }))

/** Deletes all tags and sets these. */
function tag(...names: readonly string[]): void {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: workspace, encoding: 'utf8' })
  for (const old of git('tag', '--list').split('\n').filter(Boolean)) git('tag', '--delete', old)
  for (const name of names) git('tag', name)
}

function setState(state: Registries): void {
  writeFileSync(join(programs, 'state.json'), JSON.stringify(state))
}

function state(): Registries {
  return JSON.parse(readFileSync(join(programs, 'state.json'), 'utf8')) as Registries
}

/** Runs a job, and returns its failed steps and its calls of programs. */
async function run(
  job: 'package' | 'image',
  { at, when }: Failure = { at: '', when: 'before' }
): Promise<{ readonly failed: readonly StepRun[]; readonly calls: readonly string[] }> {
  writeFileSync(join(programs, 'calls'), '')
  const steps = await runJob(workflow, job, {
    workspace,
    path: [programs],
    contexts: { github: { ref_name: TAG, token: 'token', actor: 'someone' } },
    env: {
      CALLS: join(programs, 'calls'),
      STATE: join(programs, 'state.json'),
      FAIL_AT: at,
      FAIL_WHEN: when
    },
    resolveAction: (uses) =>
      uses.startsWith('actions/attest@')
        ? { directory: join(programs, 'attest') }
        : { skip: `${uses} requires GitHub` }
  })
  const calls = readFileSync(join(programs, 'calls'), 'utf8').split('\n').filter(Boolean)
  return { failed: steps.filter(({ outcome }) => outcome === 'failure'), calls }
}

/** Runs a job that must succeed. */
async function runWell(job: 'package' | 'image'): Promise<readonly string[]> {
  const { failed, calls } = await run(job)
  expect(failed.map(({ title, log }) => `${title}: ${log}`)).toEqual([])
  return calls
}

const failuresOf = (...commands: readonly string[]): Failure[] =>
  commands.flatMap((at) => (['before', 'after'] as const).map((when) => ({ at, when })))

it.each(['package', 'image'])('runs the job %s after the release, with all tags', (name) => {
  expect(workflow.jobs[name]).toMatchObject({ needs: 'release' })
  const checkout = workflow.jobs[name]?.steps.find((step) =>
    step.uses?.startsWith('actions/checkout@')
  )
  expect(checkout?.with?.['fetch-depth']).toBe(0)
})

describe('the npm package of the emulator', () => {
  it('is published with provenance as the latest version', async () => {
    expect(await runWell('package')).toEqual([
      `npm view ecr-public-action@${version} version`,
      'npm pkg set repository.type=git repository.url=git+https://github.com/OWNER/ecr-public-action.git',
      'npm publish --provenance --access public --tag latest'
    ])
    expect(state().npmTags).toEqual({ latest: version })
  })

  it.each([
    ['of an older major version', NEXT_MAJOR, `latest-${String(major)}`],
    ['that is older than another one of its major version', NEWER, 'backport']
  ])('does not become the latest if it is a version %s', async (_, newer, expected) => {
    const others = { versions: [newer.slice(1)], npmTags: { latest: newer.slice(1) } }
    setState({ ...EMPTY, ...others })
    tag(TAG, newer)
    await runWell('package')
    expect(state().npmTags).toEqual({ latest: newer.slice(1), [expected]: version })
  })

  it('is not published again', async () => {
    await runWell('package')
    const before = state()
    expect(await runWell('package')).toEqual([`npm view ecr-public-action@${version} version`])
    expect(state()).toEqual(before)
  })

  it.each(failuresOf('npm pkg', 'npm publish'))(
    'completes after a failure $when the effect of "$at"',
    async (failure) => {
      expect((await run('package', failure)).failed).toHaveLength(1)
      await runWell('package')
      expect(state()).toMatchObject({ versions: [version], npmTags: { latest: version } })
    }
  )

  it('does not take the tag latest back if the job runs again after a newer release', async () => {
    expect((await run('package', { at: 'npm publish', when: 'before' })).failed).toHaveLength(1)
    setState({ ...state(), versions: [NEWER.slice(1)], npmTags: { latest: NEWER.slice(1) } })
    tag(TAG, NEWER)
    await runWell('package')
    expect(state().npmTags).toEqual({ latest: NEWER.slice(1), backport: version })
  })
})

describe('the container image of the emulator', () => {
  const versionTag = `${IMAGE}:${version}`
  const latest = `${IMAGE}:latest`

  it('is built with provenance, attested and tagged as the latest version', async () => {
    const calls = await runWell('image')
    expect(calls[0]).toBe('docker login ghcr.io --username someone --password-stdin')
    const build = calls.find((call) => call.startsWith('docker buildx build'))
    expect(build).toMatch(/ --file emulator\/Dockerfile .* dist\/emulator$/)
    expect(build).toContain('--provenance mode=max --sbom true')
    expect(state()).toMatchObject({
      images: { [versionTag]: 'sha256:1', [latest]: 'sha256:1' },
      attested: ['sha256:1']
    })
  })

  it('does not take the tag latest from a newer version', async () => {
    setState({ ...EMPTY, images: { [latest]: 'sha256:newer' } })
    tag(TAG, NEWER)
    await runWell('image')
    expect(state().images).toEqual({ [versionTag]: 'sha256:1', [latest]: 'sha256:newer' })
  })

  it('does not change if the job runs again', async () => {
    await runWell('image')
    const before = state()
    const calls = await runWell('image')
    expect(calls.filter((call) => /buildx build|^attest/.test(call))).toEqual([])
    expect(state()).toEqual(before)
  })

  it('is built again if the pushed image was not attested by this workflow', async () => {
    setState({ ...EMPTY, images: { [versionTag]: 'sha256:other' } })
    await runWell('image')
    expect(state()).toMatchObject({ images: { [versionTag]: 'sha256:1' }, attested: ['sha256:1'] })
  })

  it.each(
    failuresOf(
      'docker login',
      'docker buildx create',
      'docker buildx build',
      'attest',
      'docker buildx imagetools create'
    )
  )('completes after a failure $when the effect of "$at"', async (failure) => {
    expect((await run('image', failure)).failed).toHaveLength(1)
    await runWell('image')
    const { images, attested } = state()
    expect(Object.keys(images).sort()).toEqual([versionTag, latest].sort())
    expect(images[latest]).toBe(images[versionTag])
    expect(attested).toContain(images[versionTag])
  })

  it('does not take the tag latest back if the job runs again after a newer release', async () => {
    expect((await run('image', { at: 'attest', when: 'before' })).failed).toHaveLength(1)
    setState({ ...state(), images: { ...state().images, [latest]: 'sha256:newer' } })
    tag(TAG, NEWER)
    await runWell('image')
    expect(state().images[latest]).toBe('sha256:newer')
  })
})

describe('release-channel.sh', () => {
  const script = join(ROOT, '.github/scripts/release-channel.sh')

  it.each([
    ['v1.9.0', 'v1.10.0 v2.0.0-rc.1', 'false', 'false', 'backport'],
    ['v1.10.0', 'v1.9.9 v1 v1.11.0-rc.1 v10', 'true', 'true', 'latest'],
    ['v9.0.0', 'v10.0.0 v8.99.99', 'false', 'true', 'latest-9'],
    ['v1.2.3', 'v1.2.2', 'true', 'true', 'latest']
  ])('decides for %s with the other tags %s', (version, tags, ...[latest, ofMajor, npmTag]) => {
    tag(version, ...tags.split(' '))
    const output = execFileSync(script, [version], { cwd: workspace })
    expect(output.toString()).toBe(
      `latest=${latest}\nlatest-of-major=${ofMajor}\nnpm-tag=${npmTag}\n`
    )
  })

  it('rejects a tag that is not a version', () => {
    expect(() => execFileSync(script, ['v1'], { stdio: 'pipe' })).toThrow(
      'The tag "v1" is not a version. Use vX.Y.Z.'
    )
  })
})
