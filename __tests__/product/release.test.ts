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

/** The GitHub CLI: notes what it is called with; whether the major tag is there is for the test to say. */
const GH = `#!/usr/bin/env bash
echo "$*" >> "$GH_CALLS"
if [[ "$*" == *"/git/ref/tags/"* ]]; then exit "$GH_HAS_NO_TAG"; fi
`

/** npm, which lists one package that is bundled and one that is there for tests. */
const NPM = `#!/usr/bin/env bash
echo '{"metadata": {"component": {"bom-ref": "root"}}, "components": [{"bom-ref": "bundled"}, {"bom-ref": "tests",'
echo '"properties": [{"name": "cdx:npm:package:development", "value": "true"}]}], "dependencies": [{"ref": "root",'
echo '"dependsOn": ["bundled", "tests"]}, {"ref": "tests", "dependsOn": []}]}'
`

const SCRIPTS_LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^npm ci$/, 'the packages are those of the repository'],
  [/^npm run bundle\n/, 'ci.test.ts runs the same script']
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
  // What makes the SBOM reads all of node_modules, which a workspace without packages has not.
  writeFileSync(join(programs, 'npm'), NPM)
  for (const name of ['gh', 'npm']) chmodSync(join(programs, name), 0o755)
})
afterEach(() => rmSync(programs, { recursive: true, force: true }))

/** Releases what is in the working tree as `tag`, where these tags are there too. */
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
    resolveAction: (uses) => ({ skip: `${uses} needs GitHub` }),
    skipScript: (script) => SCRIPTS_LEFT_OUT.find(([pattern]) => pattern.test(script))?.[1]
  })
  const said = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []
  return { steps, calls: said }
}

const failedSteps = (steps: readonly StepRun[]): string[] =>
  steps.filter(({ outcome }) => outcome === 'failure').map(({ title, log }) => `${title}: ${log}`)

describe('the release workflow, with a GitHub CLI that only takes notes', () => {
  it('publishes the archive, the SBOM and the notes of the version, and moves the major tag', async () => {
    const tag = `v${version}`
    const { steps, calls: said } = await release(tag)
    expect(failedSteps(steps)).toEqual([])
    expect(said[0]).toBe(
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
    expect(said.at(-1)).toMatch(
      new RegExp(
        `^api .*PATCH repos/OWNER/ecr-public-action/git/refs/tags/${MAJOR} .*sha=[0-9a-f]{40} .*force=true$`
      )
    )
  }, 120_000)

  it('makes the major tag where it is the first release', async () => {
    const { calls: said } = await release(`v${version}`, { hasMajorTag: false })
    expect(said.at(-1)).toMatch(new RegExp(`POST repos/.*/git/refs .*ref=refs/tags/${MAJOR} `))
  }, 120_000)

  it('leaves the major tag at a newer release', async () => {
    const [major = '', minor = ''] = version.split('.')
    const newer = `v${major}.${String(Number(minor) + 10)}.0`
    const { steps, calls: said } = await release(`v${version}`, { others: [newer] })
    expect(failedSteps(steps)).toEqual([])
    expect(said.filter((call) => call.includes('/git/'))).toEqual([])
  }, 120_000)

  it('publishes nothing under a version that package.json does not have', async () => {
    const { steps, calls: said } = await release('v98.7.6')
    expect(failedSteps(steps)).toHaveLength(1)
    expect(said).toEqual([])
  }, 120_000)

  it('attests what users run before it is published, and no job publishes what is not checked', () => {
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
