import { join } from 'node:path'
import { makeBase, saveRelease } from './demo-image.js'
import { runStep } from './step.js'
import type { StepResult, StepRunner } from './step.js'
import { verifyPull } from './verify-pull.js'

/** The environment of the demo release. */
export interface ReleaseContext {
  /** The root directory of the project, with `dist/` in it. */
  readonly root: string
  /** The directory for all files. */
  readonly directory: string
  /** The variables that configure the action for the emulator. */
  readonly env: Readonly<Record<string, string>>
  /** Logs one line. */
  readonly log: (line: string) => void
  /** Ends the current step and the release. */
  readonly signal: AbortSignal
}

/** A step of the release: its title, its inputs, and the outputs to log. */
interface Step {
  readonly title: string
  readonly inputs: Readonly<Record<string, string>>
  readonly loggedOutputs: readonly string[]
}

const REPOSITORY = 'demo/emulator'

/** Maximum length of a line of outputs, in characters. */
const LINE_COLUMNS = 98

/**
 * Runs two releases like a workflow. The second one shows which work is not repeated.
 *
 * @throws Error with the title and the error message of a step that fails
 */
export async function runRelease(context: ReleaseContext): Promise<void> {
  const runAndLog = createStepRunner(context)
  const login = await runAndLog(LOG_IN)
  await runAndLog(CREATE_REPOSITORY)
  const pushed = await pushReleases(context, runAndLog)
  await runAndLog(SYNC_CATALOG)
  await runAndLog(CLEAN_UP)

  const image = pushed.outputs['image-uri'] ?? ''
  const { layers, bytes } = await verifyPull(image)
  context.log('')
  context.log(`Pulled ${image}:`)
  context.log(`    ${layers} layers, ${bytes} bytes, all digests match`)
  const logout = await runStep(createRunner(context), { mode: 'login' }, login.state)
  check('Log out when the job ends', logout)
  for (const line of NEXT_STEPS) context.log(line)
}

/** The last line starts an emulator on the default port, because the one of the quick start has ended. */
const NEXT_STEPS = [
  '',
  'To use the emulator yourself, start it with example images. It serves their gallery pages, and it prints',
  'the export lines for the AWS CLI and other clients:',
  '    npm run emulator -- --seed docs/examples/seed.json'
]

const LOG_IN: Step = {
  title: 'Log in',
  inputs: { mode: 'login' },
  loggedOutputs: ['registry', 'registry-alias', 'expires-at']
}

const CREATE_REPOSITORY: Step = {
  title: 'Create the repository',
  inputs: { mode: 'ensure-repo', repository: REPOSITORY, 'resource-tags': 'project=demo' },
  loggedOutputs: ['created', 'repository-uri']
}

const SYNC_CATALOG: Step = {
  title: 'Publish the README to the gallery page',
  inputs: {
    mode: 'sync-catalog',
    repository: REPOSITORY,
    architectures: 'auto',
    'operating-systems': 'auto'
  },
  loggedOutputs: ['changed-fields', 'truncated', 'gallery-url']
}

const CLEAN_UP: Step = {
  title: 'Delete all tags except the latest',
  inputs: { mode: 'cleanup-tags', repository: REPOSITORY, 'keep-latest': '1', untagged: 'true' },
  loggedOutputs: ['deleted-tags', 'kept-count']
}

/**
 * Pushes a release twice, and then the next release.
 *
 * @returns the result of the last push
 */
async function pushReleases(
  { root, directory }: ReleaseContext,
  runAndLog: (step: Step) => Promise<StepResult>
): Promise<StepResult> {
  const program = join(root, 'dist', 'emulator')
  const base = await makeBase(directory)
  const first = await saveRelease(base, '1.0.0', program)
  const second = await saveRelease(base, '1.1.0', program)
  const push = (title: string, tar: string): Step => ({
    title,
    inputs: { mode: 'push-tar', repository: REPOSITORY, tar },
    loggedOutputs: ['changed', 'uploaded-bytes', 'reused-bytes']
  })
  const megabytes = (first.size / 1e6).toFixed(0)
  await runAndLog(push(`Push version 1.0.0 from an archive of ${megabytes} MB`, first.path))
  await runAndLog(push('Push version 1.0.0 again', first.path))
  return runAndLog(push('Push version 1.1.0, in which only the upper layer differs', second.path))
}

/** Returns a function that logs a step with its inputs, runs it and logs its outputs. */
function createStepRunner(context: ReleaseContext): (step: Step) => Promise<StepResult> {
  const { directory, log } = context
  const inDirectory = (value: string): string =>
    value.startsWith(directory) ? value.slice(directory.length + 1) : value
  return async ({ title, inputs, loggedOutputs }) => {
    log('')
    log(`# ${title}`)
    const inputTexts = Object.entries(inputs).map(
      ([name, value]) => `${name}: ${inDirectory(value)}`
    )
    log(inputTexts.join(', '))
    const result = await runStep(createRunner(context), inputs)
    check(title, result)
    const outputTexts = loggedOutputs.map((name) => `${name}: ${result.outputs[name] ?? ''}`)
    for (const line of fillLines(outputTexts)) log(`→ ${line}`)
    return result
  }
}

/** Joins items to lines of at most `LINE_COLUMNS` characters. */
function fillLines(items: readonly string[]): string[] {
  const lines: string[] = []
  for (const item of items) {
    const line = [lines.at(-1), item].filter((part) => part !== undefined).join(' · ')
    if (lines.length > 0 && line.length <= LINE_COLUMNS) lines[lines.length - 1] = line
    else lines.push(item)
  }
  return lines
}

function createRunner({ root, directory, env, signal }: ReleaseContext): StepRunner {
  return {
    bundle: join(root, 'dist', 'index.js'),
    directory,
    workspace: root,
    signal,
    env: {
      ...env,
      HOME: directory,
      // Container tools of the machine do not read a credential of the demo.
      XDG_RUNTIME_DIR: directory,
      DOCKER_CONFIG: join(directory, 'docker'),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'OWNER/ecr-public-action',
      GITHUB_SHA: 'v1'
    }
  }
}

function check(title: string, { exitCode, log }: StepResult): void {
  if (exitCode === 0) return
  const lines = log.trim().split('\n')
  const errorLine = lines.findLast((line) => line.startsWith('::error::')) ?? lines.at(-1) ?? ''
  throw new Error(
    `The step "${title}" failed with exit status ${String(exitCode)}. ${errorLine.replace(/^::error::/, '')}`
  )
}
