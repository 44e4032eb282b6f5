import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { INPUT_SPECS } from '../../src/runner/inputs/input-specs.js'
import type { InputSpec } from '../../src/runner/inputs/input-specs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { ROOT } from './read-workflow.js'

const example = readFileSync(join(ROOT, '.env.example'), 'utf8')

describe('.env.example', () => {
  it('sets inputs of its mode', () => {
    const specs: Readonly<Record<string, InputSpec>> = INPUT_SPECS
    const names = [...example.matchAll(/^#? ?INPUT_([\w-]+)=/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(2)
    for (const name of names) expect(specs[name.toLowerCase()]?.modes).toContain('ensure-repo')
  })

  it('works with the entry points that the tool calls', async () => {
    const main = (await import('../../src/main.js')) as Readonly<Record<string, unknown>>
    const post = (await import('../../src/post.js')) as Readonly<Record<string, unknown>>
    expect([typeof main.run, typeof post.run]).toEqual(['function', 'function'])
  })
})

// This test installs 350 packages, so it runs on demand.
const onDemand = process.env.LOCAL_ACTION === '1' ? it : it.skip
onDemand(
  '@github/local-action runs the source with .env.example (LOCAL_ACTION=1)',
  async () => {
    const emulator = await startEmulator()
    const directory = mkdtempSync(join(tmpdir(), 'local-action-'))
    const file = join(directory, '.env')
    writeFileSync(file, example.replace('http://127.0.0.1:5111', emulator.url))
    const args = ['--yes', '@github/local-action', '.', 'src/main.ts', file]
    const { stdout } = await promisify(execFile)('npx', args, { cwd: ROOT, timeout: 600_000 })
    rmSync(directory, { recursive: true })
    expect(stdout).not.toContain('::error::')
    expect(await emulator.operations()).toContain('CreateRepository')
  },
  660_000
)
