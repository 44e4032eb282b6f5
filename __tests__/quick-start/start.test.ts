import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
    copyFileSync(join(EMULATOR, name), join(root, 'dist', 'emulator', name))
  }
}

async function runStart(): Promise<{ status: number; said: string[]; complaints: string[] }> {
  const said: string[] = []
  const complaints: string[] = []
  const terminal = {
    say: (line: string) => void said.push(line),
    complain: (line: string) => void complaints.push(line)
  }
  const status = await start(root, terminal, temporary)
  return { status, said, complaints }
}

describe('a quick start that goes wrong', () => {
  it('says in one line which step failed and what the step said, and leaves nothing behind', async () => {
    copyEmulator()
    const step = `console.log('Trying'); console.log('::error::The moon is full'); process.exit(1)`
    writeFileSync(join(root, 'dist', 'index.js'), step)
    const { status, said, complaints } = await runStart()
    expect(status).toBe(1)
    expect(said).toContain('# Log in')
    expect(complaints).toEqual([
      'npm start did not come to its end – "Log in" ended with status 1 – The moon is full'
    ])
    expect(readdirSync(temporary)).toEqual([])
  })

  it('says what a step died of that could not say so itself', async () => {
    copyEmulator()
    writeFileSync(join(root, 'dist', 'index.js'), `console.error('Out of luck'); process.exit(7)`)
    const { complaints } = await runStart()
    expect(complaints).toEqual([
      expect.stringMatching(/"Log in" ended with status 7 – Out of luck$/)
    ])
  })

  it('says in one line why there is no emulator', async () => {
    const { status, complaints } = await runStart()
    expect(status).toBe(1)
    expect(complaints).toEqual([
      expect.stringMatching(/The emulator ended before it was ready – Error: Cannot find module/)
    ])
  })
})
