import { join } from 'node:path'
import { runJob } from './run-job.js'
import type { StepRun } from './run-job.js'
import { readWorkflow, ROOT } from './read-workflow.js'
import { makeWorkspace } from './make-workspace.js'

const MINUTES_MS = 60_000

/** Actions of others: what they do is there already, or needs GitHub. */
const ACTIONS_LEFT_OUT: Readonly<Record<string, string>> = {
  'actions/checkout': 'the repository is there',
  'actions/setup-node': 'Node.js is there',
  'actions/upload-artifact': 'keeps a file on GitHub'
}

/** Scripts that would run this test again, or that need another machine's answer. */
const SCRIPTS_LEFT_OUT: Readonly<Record<string, string>> = {
  'npm ci': 'the packages are there',
  '.ci/run': 'it runs this test',
  'npm audit --omit=dev': 'asks the npm registry',
  'npm audit signatures': 'asks the npm registry'
}

/** A minute and more on two cores: in CI alone, as `npm run all` begins with them. */
const SLOW_SCRIPTS: Readonly<Record<string, string>> = process.env.CI
  ? {}
  : {
      'npm run format:check': 'npm run all has run it',
      'npm run lint': 'npm run all has run it',
      'npm run types': 'npm run all has run it'
    }

const workflow = readWorkflow('.github/workflows/ci.yml')

/** Runs a job as on a Linux runner. @throws Error with the log of the first step that went wrong */
async function run(job: string, workspace: string): Promise<StepRun[]> {
  const steps = await runJob(workflow, job, {
    workspace,
    matrix: { os: 'ubuntu-latest' },
    resolveAction: (uses) => {
      if (uses.startsWith('./')) return { directory: join(workspace, uses) }
      const skip = ACTIONS_LEFT_OUT[uses.split('@', 1)[0] ?? '']
      if (skip === undefined) throw new Error(`nobody says what to do with ${uses}`)
      return { skip }
    },
    skipScript: (script) => ({ ...SCRIPTS_LEFT_OUT, ...SLOW_SCRIPTS })[script]
  })
  const failed = steps.find((step) => step.conclusion === 'failure')
  if (failed !== undefined) throw new Error(`"${failed.title}" failed:\n${failed.log.slice(-4000)}`)
  return steps
}

describe('the CI workflow, run on this machine', () => {
  it(
    'checks format, lint and types, and finds dist/ to be what the source gives',
    async () => {
      const steps = await run('check', makeWorkspace({ packages: true }))
      const succeeded = steps.filter(({ outcome }) => outcome === 'success')
      expect(succeeded).toHaveLength(5 - Object.keys(SLOW_SCRIPTS).length)
    },
    15 * MINUTES_MS
  )

  it('runs what is run here, in the container', async () => {
    const steps = await run('test', ROOT)
    expect(steps.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
  })

  it(
    'uses the action in every mode against the emulator sub-action',
    async () => {
      const steps = await run('modes', ROOT)
      expect(steps.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(1)
    },
    2 * MINUTES_MS
  )

  it(
    'fails where it must, with one error a step, and shows in the end what the emulator was asked',
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

  it('runs every job of the workflow here', () => {
    expect(Object.keys(workflow.jobs)).toEqual(['check', 'test', 'modes', 'must-fail'])
  })
})
