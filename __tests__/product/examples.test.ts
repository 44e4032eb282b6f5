import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { MODES } from '../../src/runner/inputs/input-specs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { listBlocks } from './markdown.js'
import { runJob } from './run-job.js'
import type { JobOptions, StepRun } from './run-job.js'
import { readWorkflow, readYaml, ROOT } from './read-workflow.js'
import type { Workflow } from './read-workflow.js'

const MINUTES_MS = 60_000

/** A docker CLI that works without an engine. It saves a small image. */
const DOCKER = `#!/usr/bin/env bash
set -euo pipefail
if [ "$1" != save ]; then exit 0; fi
directory=$(mktemp --directory)
"${process.execPath}" "${ROOT}/.github/scripts/sample-image.mjs" "$directory" saved
tar --create --file "$3" --directory "$directory" .
rm -r "$directory"
`

let workspace: string
let programs: string

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'example-'))
  cpSync(join(ROOT, 'README.md'), join(workspace, 'README.md'))
  mkdirSync(join(workspace, '.github'))
  const seed = join(ROOT, 'docs/examples/seed.json')
  cpSync(seed, join(workspace, '.github/ecr-public-seed.json'))
  programs = join(workspace, '.programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'docker'), DOCKER)
  chmodSync(join(programs, 'docker'), 0o755)
})

afterAll(() => rmSync(workspace, { recursive: true, force: true }))

/** Returns the variables that GitHub and a user of the emulator set for a job with `id-token: write`. */
function withOidc({ env, url }: RunningEmulator): Readonly<Record<string, string>> {
  return {
    ...env,
    AWS_ENDPOINT_URL_STS: url,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/_emulator/id-token`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
  }
}

/** Runs the only job of a workflow as a user's repository would. */
async function runExample(workflow: Workflow, options: Partial<JobOptions>): Promise<StepRun[]> {
  const [job = ''] = Object.keys(workflow.jobs)
  const steps = await runJob(workflow, job, {
    workspace,
    path: [programs],
    resolveAction: (uses) => {
      const name = uses.split('@', 1)[0]
      if (name === 'OWNER/ecr-public-action') return { directory: ROOT }
      if (name === 'OWNER/ecr-public-action/emulator') return { directory: join(ROOT, 'emulator') }
      if (name === 'actions/checkout') return { skip: 'the workspace exists' }
      if (name === 'aws-actions/configure-aws-credentials')
        return { skip: 'it requires an AWS account' }
      throw new Error(`Unknown action: "${uses}"`)
    },
    ...options
  })
  const failed = steps.find(({ conclusion }) => conclusion === 'failure')
  if (failed !== undefined) throw new Error(`"${failed.title}" failed:\n${failed.log.slice(-4000)}`)
  return steps
}

describe('docs/examples/release.yml', () => {
  it(
    'tests a complete release on a pull request from a fork, without credentials',
    async () => {
      const steps = await runExample(readWorkflow('docs/examples/release.yml'), {
        contexts: { github: { event_name: 'pull_request', ref_name: '7/merge' } }
      })
      const outputs = Object.assign({}, ...steps.map((step) => step.outputs)) as StepRun['outputs']
      expect(outputs).toMatchObject({
        created: 'false',
        'changed-fields': expect.stringContaining('aboutText') as string,
        'deleted-count': '2',
        'failed-count': '0'
      })
      expect(JSON.parse(outputs['image-uris'] ?? '[]')).toEqual([
        expect.stringMatching(/\/team\/app:v0\.0\.0-test$/)
      ])
      expect(JSON.parse(outputs['deleted-tags'] ?? '[]')).toMatchObject([
        { repository: 'team/app', tag: 'v1.0.0-rc.1' }
      ])
    },
    2 * MINUTES_MS
  )
})

describe('the workflows of the README', () => {
  const workflows = listBlocks('yaml', ['README.md'])
    .map(({ text }) => parse(text) as Partial<Workflow>)
    .filter((workflow): workflow is Workflow => workflow.jobs !== undefined)
    // Each workflow has one job. The first one is a complete release, the others are named after their mode.
    .map((workflow) => ({ job: Object.keys(workflow.jobs).join(), workflow }))

  it('contain a complete release and one workflow per mode', () => {
    expect(workflows.map(({ job }) => job)).toEqual(['release', ...MODES])
  })

  it.each(workflows.filter(({ job }) => ['release', 'push-tar'].includes(job)))(
    '$job: sets the tag latest for releases but not for pre-releases',
    async ({ workflow }) => {
      const env = withOidc(await startEmulator({ seed: readYaml('docs/examples/seed.json') }))
      const tagsFor = async (ref_name: string): Promise<unknown> => {
        const contexts = { github: { event_name: 'push', ref_name } }
        const steps = await runExample(workflow, { env, contexts })
        const uris = steps.flatMap(({ outputs }) => outputs['image-uris'] ?? []).join()
        return (JSON.parse(uris) as string[]).map((uri) => uri.split(':').at(-1))
      }
      expect(await tagsFor('v1.3.0-rc.1')).toEqual(['v1.3.0-rc.1'])
      expect(await tagsFor('v1.3.0')).toEqual(['v1.3.0', 'latest'])
    },
    MINUTES_MS
  )

  it.each(workflows)(
    '$job: succeeds, and changes nothing in a second run',
    async ({ job, workflow }) => {
      const env = withOidc(await startEmulator({ seed: readYaml('docs/examples/seed.json') }))
      const contexts = { github: { event_name: 'push', ref_name: 'v1.2.3' } }
      const first = await runExample(workflow, { env, contexts })
      expect(first.filter(({ outcome }) => outcome === 'success').length).toBeGreaterThan(0)
      const again = await runExample(workflow, { env, contexts })
      const changed = again.flatMap(({ outputs }) => outputs.changed ?? [])
      // A login always changes the credential. The release has three steps of this action.
      expect(changed).toEqual(
        job === 'login' ? ['true'] : job === 'release' ? ['false', 'false', 'false'] : ['false']
      )
    },
    MINUTES_MS
  )
})

/** Returns the command that waits until the emulator responds. */
const waitFor = (port: string): string =>
  `until command curl -s -o /dev/null http://127.0.0.1:${port}/_emulator/health; do sleep 0.1; done`

describe('the shell commands of the documents', () => {
  /** Commands that are not run here, with the reason. */
  const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
    [/^npm start /, 'start.test.ts compares its output'],
    [/^npm ci\b/, 'it installs the packages of this test'],
    [/npm run all/, 'it runs this test'],
    [/ECR_PUBLIC_LIVE=1/, 'it requires an AWS account'],
    [/--allow /, 'it runs until it is stopped; cli.test.ts tests the option'],
    [/^npm install --save-dev ecr-public-action$/m, 'emulator/package.test.ts installs it'],
    [/^docker run /, 'docker.yml runs the image'],
    [/^aws iam /, 'it requires an AWS account'],
    [/^gh (?:attestation|release) /m, 'it requires a release on GitHub'],
    [/^git tag /, 'it publishes a release'],
    [/^export NAME=/, 'it changes the files of the repository'],
    [/local-action/, 'local-action.test.ts runs it if LOCAL_ACTION=1'],
    [/^node dist\/emulator\/index\.js$/, 'start.test.ts compares its output']
  ]
  const blocks = listBlocks('sh')

  it.each(blocks)('$path:$line succeed', async ({ text }) => {
    if (LEFT_OUT.some(([pattern]) => pattern.test(text))) return
    // Without the option, curl succeeds with an error response.
    const curl = 'curl() { command curl --fail-with-body "$@"; }'
    const script = `set -e\n${curl}\ncd '${ROOT}'\n${text}`
    // If the block does not start an emulator, the test provides one.
    const port = text.includes('--port 5111')
      ? // Below the ports that the system assigns.
        String(10_000 + (process.pid % 20_000))
      : new URL((await startEmulator()).url).port
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-c', script.replaceAll('5111', port).replace(/^node .*&$/m, `$&\n${waitFor(port)}`)],
      {
        env: {
          PATH: process.env.PATH,
          HOME: workspace,
          TMPDIR: tmpdir(),
          XDG_RUNTIME_DIR: workspace
        },
        timeout: MINUTES_MS
      }
    )
    expect(stdout).not.toBe('')
  })
})
