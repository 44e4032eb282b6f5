import { join } from 'node:path'
import { runJob } from './run-job.js'
import type { StepRun } from './run-job.js'
import { findClient } from '../helpers/clients.js'
import { readWorkflow, ROOT } from './read-workflow.js'
import { makeWorkspace } from './make-workspace.js'

const MINUTES_MS = 60_000

/** Third-party actions that are skipped because their result exists already or requires GitHub. */
const ACTIONS_LEFT_OUT: Readonly<Record<string, string>> = {
  'actions/checkout': 'the repository exists',
  'actions/setup-node': 'Node.js is installed',
  'actions/upload-artifact': 'it uploads a file to GitHub',
  'zizmorcore/zizmor-action': 'it downloads zizmor'
}

/** Scripts that are skipped because they run this test again or require the npm registry. */
const SCRIPTS_LEFT_OUT: Readonly<Record<string, string>> = {
  'npm ci': 'the packages are installed',
  '.ci/run': 'it runs this test',
  'node .github/scripts/unit-tests.mjs': 'npm test runs these tests as well',
  'go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12': 'it requires the Go module proxy',
  'npm audit': 'it requires the npm registry',
  'npm audit signatures': 'it requires the npm registry'
}

/** Scripts that take more than a minute on two cores and that `npm run all` runs before the tests. */
const SLOW_SCRIPTS: Readonly<Record<string, string>> = process.env.CI
  ? {}
  : {
      'npm run format:check': 'npm run all has run it',
      'npm run lint': 'npm run all has run it',
      'npm run words': 'npm run all has run it',
      'npm run types': 'npm run all has run it'
    }

/** Returns the reason to skip a script that requires skopeo. REQUIRE_CLIENTS=1 runs it in any case. */
function skipWithoutSkopeo(script: string): string | undefined {
  const canRun = findClient('skopeo') !== undefined || process.env.REQUIRE_CLIENTS === '1'
  return script.includes('skopeo ') && !canRun ? 'skopeo is not installed' : undefined
}

const workflow = readWorkflow('.github/workflows/ci.yml')

/** Runs a job as on a Linux runner. @throws Error with the log of the first failed step */
async function run(job: string, workspace: string): Promise<StepRun[]> {
  const steps = await runJob(workflow, job, {
    workspace,
    matrix: { os: 'ubuntu-latest' },
    resolveAction: (uses) => {
      if (uses.startsWith('./')) return { directory: join(workspace, uses) }
      const skip = ACTIONS_LEFT_OUT[uses.split('@', 1)[0] ?? '']
      if (skip === undefined) throw new Error(`Unknown action: "${uses}"`)
      return { skip }
    },
    skipScript: (script) =>
      ({ ...SCRIPTS_LEFT_OUT, ...SLOW_SCRIPTS })[script] ?? skipWithoutSkopeo(script)
  })
  const failed = steps.find((step) => step.conclusion === 'failure')
  if (failed !== undefined) throw new Error(`"${failed.title}" failed:\n${failed.log.slice(-4000)}`)
  return steps
}

describe('the CI workflow, run on this machine', () => {
  it(
    'checks format, lint, words and types, and verifies that dist/ matches the source',
    async () => {
      const steps = await run('check', makeWorkspace({ packages: true }))
      const succeeded = steps.filter(({ outcome }) => outcome === 'success')
      expect(succeeded).toHaveLength(6 - Object.keys(SLOW_SCRIPTS).length)
    },
    15 * MINUTES_MS
  )

  it('runs all tests in a container, and the unit tests on every runner and Node.js version', async () => {
    const test = await run('test', ROOT)
    expect(test.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
    const unit = await run('unit', ROOT)
    expect(unit.map(({ log }) => log)).toContain('npm test runs these tests as well')
  })

  it(
    'uses the action in every mode against the emulator sub-action',
    async () => {
      const steps = await run('modes', ROOT)
      const skipped = steps.filter(({ outcome }) => outcome === 'skipped').map(({ log }) => log)
      expect(skipped.filter((log) => log !== 'skopeo is not installed')).toHaveLength(1)
    },
    2 * MINUTES_MS
  )

  it(
    'fails the expected steps with one error each, and prints the requests to the emulator at the end',
    async () => {
      const steps = await run('must-fail', ROOT)
      const failed = steps.filter(({ outcome }) => outcome === 'failure')
      expect(failed).toHaveLength(4)
      for (const { log } of failed) expect(log.match(/^::error::/gm)).toHaveLength(1)

      const post = steps.find(({ title }) => title === 'Post ./emulator')
      expect(post?.outcome).toBe('success')
      expect(post?.log).toContain('CreateRepository')
      expect(post?.log).toMatch(/^::stop-commands::[0-9a-f-]{36}$/m)
    },
    2 * MINUTES_MS
  )

  it('checks the workflows with actionlint and zizmor', async () => {
    const steps = await run('workflows', ROOT)
    expect(steps.map(({ log }) => log)).toEqual([
      'the repository exists',
      'it requires the Go module proxy',
      'it downloads zizmor'
    ])
  })

  it('covers every job of the workflow', () => {
    expect(Object.keys(workflow.jobs)).toEqual([
      'check',
      'test',
      'unit',
      'workflows',
      'modes',
      'must-fail'
    ])
  })
})
