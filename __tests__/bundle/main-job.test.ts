import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveRelease, makeBase } from '../../src/quick-start/demo-image.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** API operations that change a registry. */
const WRITING = /^(?:Create|Delete|Put|Set|Tag|Untag|Initiate|Upload|Complete|BatchDelete)/

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'main-job-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Creates an archive of two layers. The lower one contains a small file instead of the Node.js binary. */
async function makeArchive(version: string): Promise<string> {
  const program = join(directory, 'program')
  await writeFile(program, createHash('sha512').update('program').digest('hex').repeat(20_000))
  const base = await makeBase(directory, program)
  const emulator = join(directory, 'emulator')
  await mkdir(emulator, { recursive: true })
  await writeFile(join(emulator, 'index.js'), await readFile(program))
  return (await saveRelease(base, version, emulator)).path
}

async function writingOperations(emulator: RunningEmulator): Promise<string[]> {
  return (await emulator.operations()).filter((operation) => WRITING.test(operation))
}

describe('the main job', () => {
  it('creates the repository and pushes an archive, and a second run changes nothing', async () => {
    const emulator = await startEmulator()
    const { env } = emulator
    const tar = await makeArchive('1.0.0')
    const steps = [
      { mode: 'ensure-repo', repository: 'team/app' },
      { mode: 'push-tar', repository: 'team/app', tar }
    ]
    for (const inputs of steps) {
      const run = await runAction(inputs, { env })
      expect(run.errors).toEqual([])
      expect(run.outputs.changed).toBe('true')
    }
    const written = await writingOperations(emulator)
    for (const inputs of steps) {
      const run = await runAction(inputs, { env })
      expect(run.errors).toEqual([])
      expect(run.outputs.changed).toBe('false')
      expect(run.outputs['uploaded-bytes'] ?? '0').toBe('0')
    }
    expect(await writingOperations(emulator)).toEqual(written)
  })

  it('reports the same plan in a dry run and makes no changes', async () => {
    const emulator = await startEmulator()
    const { env } = emulator
    await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env })
    const tar = await makeArchive('1.0.0')
    const inputs = { mode: 'push-tar', repository: 'team/app', tar }
    const before = await writingOperations(emulator)
    const dry = await runAction({ ...inputs, 'dry-run': 'true' }, { env })
    expect(dry.errors).toEqual([])
    expect(dry.outputs.changed).toBe('true')
    expect(await writingOperations(emulator)).toEqual(before)
    const real = await runAction(inputs, { env })
    const targets = (plan: string | undefined): string[] =>
      (JSON.parse(plan ?? '[]') as { action: string; kind: string }[]).map(
        ({ action, kind }) => `${action} ${kind}`
      )
    expect(targets(dry.outputs.plan)).toEqual(targets(real.outputs.plan))
  })
})

describe('a step with an error', () => {
  it.each([
    [
      'an unknown mode',
      { mode: 'push' },
      /^Input "mode" has an unknown value: "push"\. Use one of these values: login/
    ],
    [
      'an input of another mode',
      { mode: 'login', tar: 'x.tar' },
      /Input "tar" is not supported in mode login/
    ],
    [
      'an archive that does not exist',
      { mode: 'push-tar', repository: 'team/app', tar: 'none.tar' },
      /none\.tar/
    ]
  ])('fails with one error for %s, without any change', async (_, inputs, message) => {
    const emulator = await startEmulator()
    const run = await runAction(inputs, { env: emulator.env })
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(message)
    expect(await writingOperations(emulator)).toEqual([])
  })

  it('fails with one error without credentials', async () => {
    const emulator = await startEmulator()
    const env = {
      AWS_ENDPOINT_URL_ECR_PUBLIC: emulator.url,
      AWS_EC2_METADATA_DISABLED: 'true'
    }
    const run = await runAction({ mode: 'login' }, { env })
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(/credentials/)
    expect(await emulator.operations()).toEqual([])
  })

  it('fails with one error for a repository that does not exist', async () => {
    const emulator = await startEmulator()
    const tar = await makeArchive('1.0.0')
    const run = await runAction(
      { mode: 'push-tar', repository: 'team/missing', tar },
      { env: emulator.env }
    )
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(/team\/missing/)
    expect(await writingOperations(emulator)).toEqual([])
  })

  it.each([
    [
      'not an archive',
      async (path: string) => writeFile(path, 'plain text, a little longer than a block'.repeat(40))
    ],
    ['truncated', async (path: string) => truncate(path, 200_000)]
  ])('fails with one error for a file that is %s', async (_, damage) => {
    const emulator = await startEmulator()
    await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env: emulator.env })
    const before = await writingOperations(emulator)
    const tar = await makeArchive('1.0.0')
    await damage(tar)
    const run = await runAction(
      { mode: 'push-tar', repository: 'team/app', tar },
      { env: emulator.env }
    )
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(await writingOperations(emulator)).toEqual(before)
  })
})

describe('the password of login', () => {
  it('is masked before any other output, and appears only in its output', async () => {
    const emulator = await startEmulator()
    const run = await runAction({ mode: 'login' }, { env: emulator.env })
    expect(run.errors).toEqual([])
    const password = run.outputs['docker-password']!
    const lines = run.log.split('\n')
    const masked = lines.findIndex((line) => line === `::add-mask::${password}`)
    expect(masked).toBeGreaterThanOrEqual(0)
    const others = lines.filter((line) => !line.startsWith('::add-mask::'))
    expect(others.join('\n')).not.toContain(password)
    expect(lines.slice(0, masked).filter((line) => !line.startsWith('::'))).toEqual([])
    expect(JSON.stringify({ ...run.outputs, 'docker-password': '' })).not.toContain(password)
    expect(JSON.stringify(run.state)).not.toContain(password)
    expect(run.summary).not.toContain(password)
    expect(run.stderr).toBe('')
  })
})
