import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

const DIST = join(import.meta.dirname, '..', '..', 'dist')

/** Maximum bytes of dist/ that a successful run of each mode loads: 10 % above the current size. */
const BUDGET_BYTES = {
  login: 245_000,
  'ensure-repo': 310_000,
  'push-tar': 461_000,
  'cleanup-tags': 389_000,
  'sync-catalog': 585_000
} as const

/** Maximum total bytes of the code in dist/ without the emulator, the quick start and the post step. */
const DIST_BUDGET_BYTES = 1_486_000

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'budget-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Returns the total size of the files of dist/ that a step loaded, according to the V8 coverage. */
async function loadedBytes(coverage: string): Promise<number> {
  const loaded = new Set<string>()
  for (const name of await readdir(coverage)) {
    const report = JSON.parse(await readFile(join(coverage, name), 'utf8')) as {
      result: { url: string }[]
    }
    for (const { url } of report.result) {
      if (url.startsWith('file:') && fileURLToPath(url).startsWith(DIST))
        loaded.add(fileURLToPath(url))
    }
  }
  let bytes = 0
  for (const file of loaded) bytes += (await stat(file)).size
  return bytes
}

describe('the bundle', () => {
  it.each([
    ['login', {}],
    ['ensure-repo', { repository: 'team/app' }],
    ['cleanup-tags', { repository: 'team/app', 'keep-latest': '1' }],
    ['sync-catalog', { repository: 'team/app', description: 'text' }]
  ] as const)('loads at most its budget in mode %s', async (mode, inputs) => {
    const emulator = await startEmulator()
    const env = { ...emulator.env, NODE_V8_COVERAGE: directory }
    await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env: emulator.env })
    const run = await runAction({ mode, ...inputs }, { env })
    expect(run.errors).toEqual([])
    const bytes = await loadedBytes(directory)
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES[mode])
  })

  it('loads at most its budget in mode push-tar', async () => {
    const emulator = await startEmulator()
    const env = { ...emulator.env, NODE_V8_COVERAGE: directory }
    await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env: emulator.env })
    const tar = join(directory, '..', `${basename(directory)}.tar`)
    await writeDockerArchive(tar, [buildImage({ compression: 'none' })])
    const run = await runAction({ mode: 'push-tar', repository: 'team/app', tar }, { env })
    await rm(tar)
    expect(run.errors).toEqual([])
    const bytes = await loadedBytes(directory)
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES['push-tar'])
  })

  it('loads at most 350 kB in mode login with role-to-assume', async () => {
    const emulator = await startEmulator()
    const env = {
      ...emulator.env,
      NODE_V8_COVERAGE: directory,
      AWS_ENDPOINT_URL_STS: emulator.url,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
    }
    const role = 'arn:aws:iam::123456789012:role/ci'
    const run = await runAction({ mode: 'login', 'role-to-assume': role }, { env })
    expect(run.errors).toEqual([])
    const bytes = await loadedBytes(directory)
    expect(bytes).toBeGreaterThan(BUDGET_BYTES.login)
    expect(bytes).toBeLessThanOrEqual(350_000)
  })

  it('does not exceed its total budget without the emulator', () => {
    const files = readdirSync(DIST).filter((name) => name.endsWith('.js'))
    const bytes = files.reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0)
    expect(bytes).toBeLessThanOrEqual(DIST_BUDGET_BYTES)
  })
})
