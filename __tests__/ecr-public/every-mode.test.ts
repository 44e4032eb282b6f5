import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { ensureRepo } from '../../src/ensure-repo/ensure-repo.js'
import { login } from '../../src/login/login.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Report } from '../../src/runner/report.js'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { runCleanup } from '../helpers/run-cleanup.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const WRITING = /^(?:Create|Delete|Put|Set|Tag|Untag|Initiate|Upload|Complete|BatchDelete)/

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'every-mode-'))
  await writeFile(join(directory, 'README.md'), '# App\n\nNew text.\n')
  const image = buildImage({ layers: [{ 'bin/app': 'app' }], tags: ['app:v9'] })
  await writeDockerArchive(join(directory, 'image.tar'), [image])
})
afterEach(() => rm(directory, { recursive: true, force: true }))

type Run = (repository: string, deps: TestDeps) => Promise<Report>

/** A run of every mode that changes a repository. It would change `team/app` for any line that means `team/app`. */
const RUNS: readonly (readonly [string, Run])[] = [
  [
    'ensure-repo',
    (repository, deps) => ensureRepo(makeInputs('ensure-repo', { repository }), deps)
  ],
  [
    'ensure-repo with state: absent',
    (repository, deps) =>
      ensureRepo(makeInputs('ensure-repo', { repository, state: 'absent', force: 'true' }), deps)
  ],
  [
    'sync-catalog',
    (repository, deps) => syncCatalog(makeInputs('sync-catalog', { repository }), deps)
  ],
  [
    'push-tar',
    (repository, deps) =>
      pushTar(makeInputs('push-tar', { repository, tar: join(directory, 'image.tar') }), deps)
  ],
  [
    'cleanup-tags',
    (repository, deps) =>
      runCleanup(makeInputs('cleanup-tags', { repository, 'keep-latest': '0' }), deps)
  ]
]

const SEED = {
  repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v1' }, { tag: 'v2' }] }] }]
}

async function start(
  options: EmulatorOptions = {}
): Promise<{ readonly emulator: RunningEmulator; readonly deps: TestDeps }> {
  const emulator = await startEmulator({ seed: SEED, ...options })
  const env = {
    GITHUB_WORKSPACE: directory,
    HOME: directory,
    RUNNER_TEMP: directory,
    DOCKER_CONFIG: join(directory, 'docker'),
    REGISTRY_AUTH_FILE: join(directory, 'auth.json')
  }
  return { emulator, deps: makeDeps(emulator, { env }) }
}

describe.each(RUNS)('mode %s', (_mode, run) => {
  test.each([
    ['public.ecr.aws/zzzzzzzz/team/app'],
    ['HOST/zzzzzzzz/team/app'],
    ['ghcr.io/a1b2c3d4/team/app'],
    ['z1zzzzzz/team/app']
  ])('does not change anything for a line of another registry: %s', async (line) => {
    const { emulator, deps } = await start()
    await emulator.fault({ operation: 'DescribeRegistries', fault: 'access-denied', count: 9 })
    await expect(run(line.replace('HOST', emulator.host), deps)).rejects.toThrow(
      'contains a host or alias that the API does not confirm'
    )
    const operations = await emulator.operations()
    // push-tar requests a token of the registry, which does not concern a repository, with its first calls.
    const others = operations.filter(
      (operation) => !/^Describe|^GetAuthorizationToken$/.test(operation)
    )
    expect(others).toEqual([])
  })

  test('accepts the alias of the registry if the URI of the repository confirms it', async () => {
    const { emulator, deps } = await start()
    await emulator.fault({ operation: 'DescribeRegistries', fault: 'access-denied', count: 9 })
    const report = await run('a1b2c3d4/team/app', deps)
    expect(report.failure).toBeUndefined()
    expect(report.repositories).toEqual(['team/app'])
    expect(await emulator.operations()).not.toContain('CreateRepository')
  })

  test('logs the account and the URI of the registry before the first change', async () => {
    const { emulator, deps } = await start()
    let atFirstChange: readonly string[] | undefined
    deps.api.middlewareStack.add(
      (next, context) => (args) => {
        if (WRITING.test(context.commandName ?? '')) atFirstChange ??= [...deps.lines]
        return next(args)
      },
      { step: 'initialize', name: 'recordFirstChange' }
    )
    await run(RUNS[0]?.[1] === run ? 'team/new' : 'team/app', deps)
    expect(atFirstChange).toContain(`info: Registry: 123456789012 (${emulator.host}/a1b2c3d4)`)
  })
})

describe('mode login', () => {
  test('logs the account and the URI of the registry before it writes a credential', async () => {
    const { emulator, deps } = await start()
    const expected = `info: Registry: 123456789012 (${emulator.host}/a1b2c3d4)`
    const info = (line: string): void => {
      if (`info: ${line}` === expected) expect(existsSync(join(directory, 'docker'))).toBe(false)
      deps.log.info(line)
    }
    await login(makeInputs('login', {}), { ...deps, log: { ...deps.log, info } })
    expect(deps.lines).toContain(expected)
    expect(existsSync(join(directory, 'docker', 'config.json'))).toBe(true)
  })
})

test('ensure-repo does not create a repository with the alias of the registry in its name', async () => {
  const { emulator, deps } = await start({ seed: { repositories: [] } })
  await emulator.fault({ operation: 'DescribeRegistries', fault: 'access-denied', count: 9 })
  const inputs = makeInputs('ensure-repo', { repository: 'a1b2c3d4/team/app' })
  await expect(ensureRepo(inputs, deps)).rejects.toThrow('does not confirm')
  expect(await emulator.operations()).not.toContain('CreateRepository')
})

test('ensure-repo creates a repository that does not have an alias, without DescribeRegistries', async () => {
  const { emulator, deps } = await start({ seed: { repositories: [] } })
  await emulator.fault({ operation: 'DescribeRegistries', fault: 'access-denied', count: 9 })
  const report = await ensureRepo(makeInputs('ensure-repo', { repository: 'team/app' }), deps)
  expect(report.repositories).toEqual(['team/app'])
  expect(report.outputs.created).toBe(true)
  expect(deps.lines).toContain('info: Registry: 123456789012')
})
