import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makeBase, saveRelease } from './demo-image.js'
import { startEmulatorProcess } from './emulator-process.js'
import { verifyPull } from './verify-pull.js'
import { runStep } from './step.js'
import type { StepResult, StepRunner } from './step.js'

/** What is shown of a step: its title as in a workflow, its inputs, and the outputs worth a look. */
interface Step {
  readonly title: string
  readonly inputs: Readonly<Record<string, string>>
  readonly shows: readonly string[]
}

const REPOSITORY = 'demo/emulator'

/** This runs as `dist/start/index.js`. */
const root = join(dirname(process.argv[1] ?? ''), '..', '..')
const say = (line = ''): void => void process.stdout.write(`${line}\n`)

/** The quick start: all five modes of the real bundle against the emulator, on a real archive. */
async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ecr-public-start-'))
  const emulator = await startEmulatorProcess(join(root, 'dist', 'emulator', 'index.js'), [
    '--port',
    '0'
  ])
  try {
    say(`A local ECR Public listens on ${emulator.url}; nothing leaves this machine.`)
    const runner: StepRunner = {
      bundle: join(root, 'dist', 'index.js'),
      folder,
      workspace: root,
      env: {
        ...emulator.env,
        HOME: folder,
        DOCKER_CONFIG: join(folder, 'docker'),
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_REPOSITORY: 'OWNER/ecr-public-action',
        GITHUB_SHA: 'v1'
      }
    }
    await rehearse(runner, folder)
  } finally {
    await emulator.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One release as a workflow would do it, and the next one, so that it shows what is not done twice. */
async function rehearse(runner: StepRunner, folder: string): Promise<void> {
  const login = await show(runner, {
    title: 'Log in',
    inputs: { mode: 'login' },
    shows: ['registry', 'registry-alias', 'expires-at']
  })
  const ensured = await show(runner, {
    title: 'Make the repository exist',
    inputs: { mode: 'ensure-repo', repository: REPOSITORY, 'resource-tags': 'project=demo' },
    shows: ['created', 'repository-uri']
  })

  const emulator = join(root, 'dist', 'emulator', 'index.js')
  const base = await makeBase(folder)
  const first = await saveRelease(base, '1.0.0', emulator)
  const second = await saveRelease(base, '1.1.0', emulator)
  const push = (tar: string): Step['inputs'] => ({ mode: 'push-tar', repository: REPOSITORY, tar })
  const shows = ['changed', 'digest', 'uploaded-bytes', 'reused-bytes']
  const size = `${(first.size / 1e6).toFixed(0)} MB`
  await show(runner, {
    title: `Push 1.0.0, an archive of ${size}`,
    inputs: push(first.path),
    shows
  })
  await show(runner, { title: 'Push 1.0.0 again', inputs: push(first.path), shows })
  const pushed = await show(runner, {
    title: 'Push 1.1.0, which differs in its upper layer',
    inputs: push(second.path),
    shows
  })

  await show(runner, {
    title: 'Let the gallery say what the README says',
    inputs: {
      mode: 'sync-catalog',
      repository: REPOSITORY,
      architectures: 'auto',
      'operating-systems': 'auto'
    },
    shows: ['changed-fields', 'truncated', 'gallery-url']
  })
  await show(runner, {
    title: 'Clean up all tags but the latest',
    inputs: { mode: 'cleanup-tags', repository: REPOSITORY, 'keep-latest': '1', untagged: 'true' },
    shows: ['deleted-tags', 'kept-count']
  })

  const pulled = await verifyPull(pushed.outputs['image-uri'] ?? '')
  say(`Pulled ${pushed.outputs['image-uri'] ?? ''} back:`)
  say(`    ${pulled.layers} layers, ${pulled.bytes} bytes, every digest right`)
  say()
  check('Log out, as the job ends', await runStep(runner, { mode: 'login' }, login.state))
  say(`With the emulator running on its own (npm run emulator), any client pulls from it:`)
  say(
    `    skopeo copy --src-tls-verify=false docker://${ensured.outputs['repository-uri'] ?? ''}:1.1.0 dir:image`
  )
}

async function show(runner: StepRunner, step: Step): Promise<StepResult> {
  say()
  say(`- name: ${step.title}`)
  for (const [name, value] of Object.entries(step.inputs)) {
    say(
      `    ${name}: ${value.startsWith(runner.folder) ? value.slice(runner.folder.length + 1) : value}`
    )
  }
  const result = await runStep(runner, step.inputs)
  check(step.title, result)
  for (const name of step.shows) {
    const value = result.outputs[name]
    if (value) say(`  → ${name}: ${value}`)
  }
  return result
}

function check(title: string, result: StepResult): void {
  if (result.exitCode === 0) return
  throw new Error(`"${title}" failed with exit status ${String(result.exitCode)}:\n${result.log}`)
}

await start()
