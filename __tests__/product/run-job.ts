import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parse } from 'yaml'
import { holds, interpolate } from './expressions.js'
import type { Contexts } from './expressions.js'
import { titleOf } from './read-workflow.js'
import type { ActionFile, Workflow, WorkflowStep } from './read-workflow.js'

/** The result of a step. */
export interface StepRun {
  readonly title: string
  readonly outcome: 'success' | 'failure' | 'skipped'
  /** The outcome after `continue-on-error` is applied. */
  readonly conclusion: 'success' | 'failure' | 'skipped'
  readonly outputs: Readonly<Record<string, string>>
  readonly log: string
  readonly summary: string
}

/** Options for running a job on this machine. */
export interface JobOptions {
  /** Path of the checkout: `GITHUB_WORKSPACE`. */
  readonly workspace: string
  /** Returns the directory of the action in `uses`, or the reason to skip the step. */
  readonly resolveAction: (
    uses: string
  ) => { readonly directory: string } | { readonly skip: string }
  /** Returns the reason to skip a `run` script, or `undefined` to run it. */
  readonly skipScript?: (script: string) => string | undefined
  readonly matrix?: Readonly<Record<string, string>>
  readonly contexts?: Contexts
  /** Environment variables in addition to `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>
  /** Directories to prepend to `PATH`. */
  readonly path?: readonly string[]
}

const directories = new Set<string>()

/** Runs one job of a workflow as the runner does: expressions, environment files, outputs, post steps. */
export async function runJob(
  workflow: Workflow,
  jobName: string,
  options: JobOptions
): Promise<StepRun[]> {
  const job = workflow.jobs[jobName]
  if (job === undefined) throw new Error(`Unknown job: "${jobName}"`)
  const directory = await mkdtemp(join(tmpdir(), 'run-job-'))
  directories.add(directory)
  const run = new JobRun(directory, options)
  await run.prepare()
  run.addEnv(workflow.env)
  run.addEnv(job.env)
  for (const step of job.steps) await run.step(step)
  await run.postSteps()
  return run.results
}

class JobRun {
  readonly results: StepRun[] = []
  private readonly directory: string
  private readonly options: JobOptions
  private readonly env: Record<string, string>
  private readonly steps: Record<string, unknown> = {}
  private readonly posts: (() => Promise<void>)[] = []
  private failed = false
  private count = 0

  constructor(directory: string, options: JobOptions) {
    this.directory = directory
    this.options = options
    this.env = {
      PATH: [...(options.path ?? []), process.env.PATH].join(delimiter),
      HOME: join(directory, 'home'),
      TMPDIR: tmpdir(),
      XDG_RUNTIME_DIR: join(directory, 'temp'),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: options.workspace,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'OWNER/ecr-public-action',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      RUNNER_OS: 'Linux',
      RUNNER_TEMP: join(directory, 'temp'),
      ...options.env
    }
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.directory, 'home'))
    await mkdir(join(this.directory, 'temp'))
  }

  addEnv(env: WorkflowStep['env'] = {}): void {
    for (const [name, value] of Object.entries(env)) this.env[name] = this.fill(value)
  }

  async step(step: WorkflowStep): Promise<void> {
    const title = titleOf(step)
    if (!holds(step.if, this.contexts(), { failed: this.failed })) {
      this.record(step, title, { outcome: 'skipped', log: '' })
      return
    }
    if (step.uses !== undefined) await this.useAction(step, step.uses, title)
    else await this.runScript(step, step.run ?? '', title)
  }

  async postSteps(): Promise<void> {
    for (const post of this.posts.reverse()) await post()
  }

  private async useAction(step: WorkflowStep, uses: string, title: string): Promise<void> {
    const action = this.options.resolveAction(uses)
    if ('skip' in action) {
      this.record(step, title, { outcome: 'skipped', log: action.skip })
      return
    }
    const file = parse(await readFile(join(action.directory, 'action.yml'), 'utf8')) as ActionFile
    const inputs: Record<string, string> = {}
    for (const [name, { default: value }] of Object.entries(file.inputs ?? {})) {
      inputs[name] = value ?? ''
    }
    for (const [name, value] of Object.entries(step.with ?? {})) {
      // The runner only logs a warning in this case.
      if (!(name in inputs)) throw new Error(`${title}: unknown input of ${uses}: "${name}"`)
      inputs[name] = this.fill(value)
    }
    const env = this.stepEnv(step)
    for (const [name, value] of Object.entries(inputs)) env[`INPUT_${name.toUpperCase()}`] = value
    const script = [join(action.directory, file.runs.main)]
    const main = await this.spawn(process.execPath, script, env)
    this.record(step, title, main)
    const { post } = file.runs
    if (post === undefined) return
    this.posts.push(async () => {
      const postEnv = { ...env }
      for (const [name, value] of Object.entries(main.state)) postEnv[`STATE_${name}`] = value
      const run = await this.spawn(process.execPath, [join(action.directory, post)], postEnv)
      this.record({}, `Post ${title}`, run)
    })
  }

  private async runScript(step: WorkflowStep, script: string, title: string): Promise<void> {
    const skip = this.options.skipScript?.(script.trim())
    if (skip !== undefined) {
      this.record(step, title, { outcome: 'skipped', log: skip })
      return
    }
    const file = join(this.directory, `script-${String(this.count++)}.sh`)
    await writeFile(file, this.fill(script))
    // These are the arguments of the runner for `shell: bash`.
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', file]
    this.record(step, title, await this.spawn('bash', args, this.stepEnv(step)))
  }

  private stepEnv(step: WorkflowStep): Record<string, string> {
    const env = { ...this.env }
    for (const [name, value] of Object.entries(step.env ?? {})) env[name] = this.fill(value)
    return env
  }

  private fill(value: string | number | boolean): string {
    return interpolate(String(value), this.contexts(), { failed: this.failed })
  }

  private contexts(): Contexts {
    return {
      steps: this.steps,
      env: this.env,
      runner: { os: 'Linux', temp: this.env.RUNNER_TEMP },
      matrix: this.options.matrix ?? {},
      github: { ref: 'refs/heads/main', ref_name: 'main', token: '', run_id: '1', sha: 'HEAD' },
      vars: {},
      ...this.options.contexts
    }
  }

  private record(
    step: WorkflowStep,
    title: string,
    run: Partial<StepRun> & { outcome: StepRun['outcome']; log: string }
  ): void {
    const conclusion =
      run.outcome === 'failure' && step['continue-on-error'] === true ? 'success' : run.outcome
    if (conclusion === 'failure') this.failed = true
    const { outcome, log, outputs = {}, summary = '' } = run
    this.results.push({ title, outcome, conclusion, outputs, log, summary })
    if (step.id !== undefined) this.steps[step.id] = { outcome, conclusion, outputs }
  }

  private async spawn(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>
  ): Promise<
    Omit<StepRun, 'title' | 'conclusion'> & { readonly state: Readonly<Record<string, string>> }
  > {
    const directory = await mkdtemp(join(this.directory, 'step-'))
    const names = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'] as const
    const files: Record<string, string> = {}
    for (const name of names) {
      files[name] = join(directory, name)
      await writeFile(files[name], '')
    }
    const { log, exitCode } = await spawnAndCollect(program, args, {
      cwd: this.options.workspace,
      env: { ...env, ...files }
    })
    const read = async (name: (typeof names)[number]): Promise<string> =>
      readFile(files[name] ?? '', 'utf8')
    Object.assign(this.env, parseFileCommands(await read('GITHUB_ENV')))
    return {
      outcome: exitCode === 0 ? 'success' : 'failure',
      log,
      outputs: parseFileCommands(await read('GITHUB_OUTPUT')),
      state: parseFileCommands(await read('GITHUB_STATE')),
      summary: await read('GITHUB_STEP_SUMMARY')
    }
  }
}

function spawnAndCollect(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }
): Promise<{ readonly log: string; readonly exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ log, exitCode }))
  })
}

/** Parses the runner's files: `NAME=VALUE` and `NAME<<DELIMITER … DELIMITER`. */
function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const [, name, separator, rest] = /^([^=<]+?)(=|<<)(.*)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined || rest === undefined) continue
    if (separator === '=') {
      values[name] = rest
      continue
    }
    const end = lines.indexOf(rest, at + 1)
    values[name] = lines.slice(at + 1, end).join('\n')
    at = end
  }
  return values
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})
