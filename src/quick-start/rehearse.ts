import { join } from 'node:path'
import { makeBase, saveRelease } from './demo-image.js'
import { runStep } from './step.js'
import type { StepResult, StepRunner } from './step.js'
import { verifyPull } from './verify-pull.js'

/** What the rehearsal works with. */
export interface Stage {
  /** The repository, with `dist/` in it. */
  readonly root: string
  /** Takes everything that is written. */
  readonly directory: string
  /** The variables that point the action at the emulator. */
  readonly env: Readonly<Record<string, string>>
  readonly say: (line: string) => void
  /** Ends the step at work, and with it the rehearsal. */
  readonly signal: AbortSignal
}

/** What is shown of a step: its title as in a workflow, its inputs, and the outputs worth a look. */
interface Step {
  readonly title: string
  readonly inputs: Readonly<Record<string, string>>
  readonly shows: readonly string[]
}

const REPOSITORY = 'demo/emulator'

/** What a line of outputs may take of the width of a terminal. */
const LINE_COLUMNS = 98

/**
 * One release as a workflow would do it, and the next one, so that it shows what is not done twice.
 *
 * @throws Error that names the step that failed, and what it said
 */
export async function rehearse(stage: Stage): Promise<void> {
  const show = createShow(stage)
  const login = await show(LOG_IN)
  const ensured = await show(MAKE_REPOSITORY)
  const pushed = await pushReleases(stage, show)
  await show(SYNC_CATALOG)
  await show(CLEAN_UP)

  const image = pushed.outputs['image-uri'] ?? ''
  const { layers, bytes } = await verifyPull(image)
  stage.say('')
  stage.say(`Pulled ${image} back:`)
  stage.say(`    ${layers} layers, ${bytes} bytes, every digest right`)
  const logout = await runStep(runnerOf(stage), { mode: 'login' }, login.state)
  check('Log out, as the job ends', logout)
  const uri = ensured.outputs['repository-uri'] ?? ''
  stage.say('')
  stage.say('With the emulator running on its own (npm run emulator), any client pulls from it:')
  stage.say(`    skopeo copy --src-tls-verify=false docker://${uri}:1.1.0 dir:image`)
}

const LOG_IN: Step = {
  title: 'Log in',
  inputs: { mode: 'login' },
  shows: ['registry', 'registry-alias', 'expires-at']
}

const MAKE_REPOSITORY: Step = {
  title: 'Make the repository exist',
  inputs: { mode: 'ensure-repo', repository: REPOSITORY, 'resource-tags': 'project=demo' },
  shows: ['created', 'repository-uri']
}

const SYNC_CATALOG: Step = {
  title: 'Let the gallery say what the README says',
  inputs: {
    mode: 'sync-catalog',
    repository: REPOSITORY,
    architectures: 'auto',
    'operating-systems': 'auto'
  },
  shows: ['changed-fields', 'truncated', 'gallery-url']
}

const CLEAN_UP: Step = {
  title: 'Clean up all tags but the latest',
  inputs: { mode: 'cleanup-tags', repository: REPOSITORY, 'keep-latest': '1', untagged: 'true' },
  shows: ['deleted-tags', 'kept-count']
}

/** Pushes a release, the same once more, and the next one. @returns what came of the last */
async function pushReleases(
  { root, directory }: Stage,
  show: (step: Step) => Promise<StepResult>
): Promise<StepResult> {
  const program = join(root, 'dist', 'emulator', 'index.js')
  const base = await makeBase(directory)
  const first = await saveRelease(base, '1.0.0', program)
  const second = await saveRelease(base, '1.1.0', program)
  const push = (title: string, tar: string): Step => ({
    title,
    inputs: { mode: 'push-tar', repository: REPOSITORY, tar },
    shows: ['changed', 'uploaded-bytes', 'reused-bytes']
  })
  const megabytes = (first.size / 1e6).toFixed(0)
  await show(push(`Push 1.0.0, an archive of ${megabytes} MB`, first.path))
  await show(push('Push 1.0.0 again', first.path))
  return show(push('Push 1.1.0, which differs in its upper layer', second.path))
}

/** Shows a step and its inputs, runs it, and shows its outputs. */
function createShow(stage: Stage): (step: Step) => Promise<StepResult> {
  const { directory, say } = stage
  const inDirectory = (value: string): string =>
    value.startsWith(directory) ? value.slice(directory.length + 1) : value
  return async ({ title, inputs, shows }) => {
    say('')
    say(`# ${title}`)
    const given = Object.entries(inputs).map(([name, value]) => `${name}: ${inDirectory(value)}`)
    say(given.join(', '))
    const result = await runStep(runnerOf(stage), inputs)
    check(title, result)
    const outputs = shows.map((name) => `${name}: ${result.outputs[name] ?? ''}`)
    for (const line of fillLines(outputs)) say(`→ ${line}`)
    return result
  }
}

/** As many on a line as fit. */
function fillLines(items: readonly string[]): string[] {
  const lines: string[] = []
  for (const item of items) {
    const line = [lines.at(-1), item].filter((part) => part !== undefined).join(' · ')
    if (lines.length > 0 && line.length <= LINE_COLUMNS) lines[lines.length - 1] = line
    else lines.push(item)
  }
  return lines
}

function runnerOf({ root, directory, env, signal }: Stage): StepRunner {
  return {
    bundle: join(root, 'dist', 'index.js'),
    directory,
    workspace: root,
    signal,
    env: {
      ...env,
      HOME: directory,
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
  const said = lines.findLast((line) => line.startsWith('::error::')) ?? lines.at(-1) ?? ''
  throw new Error(
    `"${title}" ended with status ${String(exitCode)} – ${said.replace(/^::error::/, '')}`
  )
}
