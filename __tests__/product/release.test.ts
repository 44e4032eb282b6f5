import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJob } from './run-job.js'
import type { StepRun } from './run-job.js'
import { readWorkflow, ROOT } from './read-workflow.js'
import { makeWorkspace } from './make-workspace.js'

const workflow = readWorkflow('.github/workflows/release.yml')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
}
const MAJOR = `v${version.split('.', 1)[0] ?? ''}`

/** A GitHub CLI that records its arguments. GH_HAS_NO_TAG is its exit status for a query of the major tag. */
const GH = `#!/usr/bin/env bash
echo "$*" >> "$GH_CALLS"
if [[ "$*" == *"/git/ref/tags/"* ]]; then exit "$GH_HAS_NO_TAG"; fi
`

/** An npm that lists one bundled package and one development dependency. */
const NPM = `#!/usr/bin/env bash
echo '{"metadata": {"component": {"bom-ref": "root"}}, "components": [{"bom-ref": "bundled"}, {"bom-ref": "tests",'
echo '"properties": [{"name": "cdx:npm:package:development", "value": "true"}]}], "dependencies": [{"ref": "root",'
echo '"dependsOn": ["bundled", "tests"]}, {"ref": "tests", "dependsOn": []}]}'
`

const SCRIPTS_LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^npm ci$/, 'the packages are installed'],
  [/^npm run bundle\n/, 'ci.test.ts runs this script']
]

let workspace: string
let programs: string
let calls: string
beforeAll(() => {
  workspace = makeWorkspace()
})
beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'release-'))
  calls = join(programs, 'calls')
  writeFileSync(join(programs, 'gh'), GH)
  // The SBOM requires node_modules, which this workspace does not have.
  writeFileSync(join(programs, 'npm'), NPM)
  for (const name of ['gh', 'npm']) chmodSync(join(programs, name), 0o755)
})
afterEach(() => rmSync(programs, { recursive: true, force: true }))

/** Releases the working tree as `tag`, in a repository that also has the tags `others`. */
async function release(
  tag: string,
  { others = [], hasMajorTag = true }: { others?: readonly string[]; hasMajorTag?: boolean } = {}
): Promise<{ steps: StepRun[]; calls: string[] }> {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', args, { cwd: workspace, stdio: 'ignore' })
  }
  const old = execFileSync('git', ['tag', '--list'], { cwd: workspace }).toString().split('\n')
  for (const name of old.filter((each) => each !== '')) git('tag', '--delete', name)
  for (const name of [tag, ...others]) git('tag', name)
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  const steps = await runJob(workflow, 'release', {
    workspace,
    path: [programs],
    contexts: {
      github: { ref_name: tag, token: 'token', repository: 'OWNER/ecr-public-action' }
    },
    env: { GH_CALLS: calls, GH_HAS_NO_TAG: hasMajorTag ? '0' : '1' },
    resolveAction: (uses) => ({ skip: `${uses} requires GitHub` }),
    skipScript: (script) => SCRIPTS_LEFT_OUT.find(([pattern]) => pattern.test(script))?.[1]
  })
  const recorded = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []
  return { steps, calls: recorded }
}

const failedSteps = (steps: readonly StepRun[]): string[] =>
  steps.filter(({ outcome }) => outcome === 'failure').map(({ title, log }) => `${title}: ${log}`)

describe('the release workflow', () => {
  it('publishes the archive, the SBOM and the release notes, and moves the major tag', async () => {
    const tag = `v${version}`
    const { steps, calls: recorded } = await release(tag)
    expect(failedSteps(steps)).toEqual([])
    expect(recorded[0]).toBe(
      `release create ${tag} --verify-tag --title ${tag} --notes-file release-notes.md ecr-public-action-${tag}.tar.gz sbom.cdx.json`
    )
    expect(readFileSync(join(workspace, 'release-notes.md'), 'utf8')).toMatch(/\S/)
    expect(JSON.parse(readFileSync(join(workspace, 'sbom.cdx.json'), 'utf8'))).toMatchObject({
      components: [{ 'bom-ref': 'bundled' }],
      dependencies: [{ ref: 'root', dependsOn: ['bundled'] }]
    })
    const listed = execFileSync('tar', ['-tzf', join(workspace, `ecr-public-action-${tag}.tar.gz`)])
    const needed = [
      'action.yml',
      'dist/index.js',
      'dist/emulator/index.js',
      'emulator/action.yml',
      'emulator/step.mjs',
      'LICENSE'
    ]
    for (const file of needed)
      expect(listed.toString()).toContain(`ecr-public-action-${tag}/${file}\n`)
    expect(recorded.at(-1)).toMatch(
      new RegExp(
        `^api .*PATCH repos/OWNER/ecr-public-action/git/refs/tags/${MAJOR} .*sha=[0-9a-f]{40} .*force=true$`
      )
    )
  }, 120_000)

  it('creates the major tag for the first release', async () => {
    const { calls: recorded } = await release(`v${version}`, { hasMajorTag: false })
    expect(recorded.at(-1)).toMatch(new RegExp(`POST repos/.*/git/refs .*ref=refs/tags/${MAJOR} `))
  }, 120_000)

  it('does not move the major tag back from a newer release', async () => {
    const [major = '', minor = ''] = version.split('.')
    const newer = `v${major}.${String(Number(minor) + 10)}.0`
    const { steps, calls: recorded } = await release(`v${version}`, { others: [newer] })
    expect(failedSteps(steps)).toEqual([])
    expect(recorded.filter((call) => call.includes('/git/'))).toEqual([])
  }, 120_000)

  it('does not publish a version that differs from package.json', async () => {
    const { steps, calls: recorded } = await release('v98.7.6')
    expect(failedSteps(steps)).toHaveLength(1)
    expect(recorded).toEqual([])
  }, 120_000)

  it('attests the published files before the release, and publishes only after all checks', () => {
    const job = workflow.jobs.release!
    const uses = job.steps.map((step) => step.uses?.split('@', 1)[0] ?? step.name ?? '')
    expect(uses.lastIndexOf('actions/attest')).toBeLessThan(uses.indexOf('Publish the release'))
    const attested = job.steps.filter((step) => step.uses?.startsWith('actions/attest@') === true)
    const subjects = attested.map((step) => String(step.with?.['subject-path']))
    expect(subjects[0]).toContain('dist/**/*.js')
    expect(subjects[0]).toContain('emulator/step.mjs')
    expect(attested[1]?.with).toHaveProperty('sbom-path')
    expect(job).toMatchObject({ needs: 'check' })
  })
})

/** A program that records its arguments. `docker buildx build` also writes the digest of the image. */
const RECORDER = `#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
if [[ "$*" == "buildx build "* ]]; then echo '{"containerimage.digest": "sha256:abc"}' > metadata.json; fi
`

describe('the emulator in the release workflow', () => {
  /** Runs a job with programs that record their arguments. */
  async function runRecorded(job: string): Promise<{ steps: StepRun[]; calls: string[] }> {
    for (const name of ['npm', 'docker']) writeFileSync(join(programs, name), RECORDER)
    chmodSync(join(programs, 'docker'), 0o755)
    const steps = await runJob(workflow, job, {
      workspace,
      path: [programs],
      contexts: { github: { ref_name: `v${version}`, token: 'token', actor: 'someone' } },
      env: { CALLS: calls },
      resolveAction: (uses) => ({ skip: `${uses} requires GitHub` })
    })
    expect(failedSteps(steps)).toEqual([])
    return { steps, calls: readFileSync(calls, 'utf8').trim().split('\n') }
  }

  it('is published to npm with provenance, after the release', async () => {
    const { calls: recorded } = await runRecorded('package')
    expect(recorded).toEqual([
      'npm pkg set repository.type=git repository.url=git+https://github.com/OWNER/ecr-public-action.git',
      'npm publish --provenance --access public'
    ])
    expect(workflow.jobs.package).toMatchObject({ needs: 'release' })
  })

  it('is published as a container image with provenance, after the release', async () => {
    const { steps, calls: recorded } = await runRecorded('image')
    expect(recorded[0]).toBe('docker login ghcr.io --username someone --password-stdin')
    const build = recorded.at(-1)
    const image = 'ghcr.io/owner/ecr-public-action/emulator'
    expect(build).toMatch(/^docker buildx build --file emulator\/Dockerfile .* dist\/emulator$/)
    expect(build).toContain(`--tag ${image}:${version} --tag ${image}:latest`)
    expect(build).toContain('--provenance mode=max --sbom true')
    const { outputs } = steps.find(({ title }) => title.startsWith('Build and push'))!
    expect(outputs).toEqual({ name: image, digest: 'sha256:abc' })
    expect(workflow.jobs.image).toMatchObject({ needs: 'release' })
  })
})
