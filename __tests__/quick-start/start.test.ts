import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../../src/quick-start/start.js'

const EMULATOR = join(import.meta.dirname, '..', '..', 'dist', 'emulator')

let root: string
let temporary: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'start-test-'))
  temporary = join(root, 'temporary')
  mkdirSync(temporary)
  mkdirSync(join(root, 'dist', 'emulator'), { recursive: true })
  writeFileSync(join(root, 'dist', 'package.json'), '{"type":"module"}\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function copyEmulator(): void {
  for (const name of readdirSync(EMULATOR)) {
    cpSync(join(EMULATOR, name), join(root, 'dist', 'emulator', name), { recursive: true })
  }
}

async function runStart(): Promise<{ status: number; lines: string[]; errors: string[] }> {
  const lines: string[] = []
  const errors: string[] = []
  const terminal = {
    log: (line: string) => void lines.push(line),
    logError: (line: string) => void errors.push(line)
  }
  const status = await start(root, terminal, temporary)
  return { status, lines, errors }
}

describe('a quick start that fails', () => {
  it('logs one error with the failed step and its message, and deletes all files', async () => {
    copyEmulator()
    const step = `console.log('Trying'); console.log('::error::The input is not valid.'); process.exit(1)`
    writeFileSync(join(root, 'dist', 'index.js'), step)
    const { status, lines, errors } = await runStart()
    expect(status).toBe(1)
    expect(lines).toContain('# Log in')
    expect(errors).toEqual([
      'npm start failed. The step "Log in" failed with exit status 1. The input is not valid.'
    ])
    expect(readdirSync(temporary)).toEqual([])
  })

  it('logs the last output of a step that ended without an error message', async () => {
    copyEmulator()
    writeFileSync(join(root, 'dist', 'index.js'), `console.error('Out of memory'); process.exit(7)`)
    const { errors } = await runStart()
    expect(errors).toEqual([
      expect.stringMatching(/The step "Log in" failed with exit status 7\. Out of memory$/)
    ])
  })

  it('logs one error if the emulator cannot start', async () => {
    const { status, errors } = await runStart()
    expect(status).toBe(1)
    expect(errors).toEqual([
      expect.stringMatching(/The emulator did not start\. Error: Cannot find module/)
    ])
  })
})
