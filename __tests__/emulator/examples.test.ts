import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describeWithClient, getClient } from '../helpers/clients.js'
import { installPackage, npmEnvironment } from './install-package.js'

// Runs the examples of docs/emulator.md in a project with the npm package. docker.yml runs the one for testcontainers.

const ROOT = join(import.meta.dirname, '..', '..')
const EXAMPLES = join(ROOT, 'docs/examples/emulator')
/** The packages that the examples import besides the emulator. */
const PACKAGES = ['@aws-sdk', '@jest/globals', 'jest', 'vitest']

const run = promisify(execFile)
let directory: string
let project: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'examples-'))
  project = (await installPackage(directory)).project
  cpSync(EXAMPLES, project, { recursive: true })
  for (const name of PACKAGES) {
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
}, 120_000)

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a command in the project and returns its output. @throws Error with the output if it fails */
async function runIn(command: string, ...args: string[]): Promise<string> {
  const env = { ...npmEnvironment(directory), NODE_OPTIONS: '--experimental-vm-modules' }
  try {
    const { stdout, stderr } = await run(command, args, { cwd: project, env })
    return `${stdout}${stderr}`
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed.\n${stdout}${stderr}`, { cause: error })
  }
}

test('the example for the library runs', async () => {
  const output = await runIn(process.execPath, 'library.mjs')
  expect(output).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \d{4}-.* \[\]\n$/)
})

test('the example for vitest differs from the one for jest only in its import', () => {
  const [jest, vitest] = ['jest', 'vitest'].map((name) =>
    readFileSync(join(EXAMPLES, `${name}.test.mjs`), 'utf8')
  )
  expect(vitest).toBe(jest!.replace('@jest/globals', 'vitest'))
})

test('the example for jest passes', async () => {
  const jest = join(project, 'node_modules/jest/bin/jest.js')
  expect(await runIn(process.execPath, jest, 'jest.test.mjs')).toContain('3 passed, 3 total')
})

test('the example for vitest passes', async () => {
  const vitest = join(project, 'node_modules/vitest/vitest.mjs')
  const output = await runIn(process.execPath, vitest, 'run', 'vitest.test.mjs')
  expect(output).toMatch(/Tests.*3 passed/)
})

describeWithClient(['boto3', 'pytest'], 'the example for pytest', () => {
  test('passes', async () => {
    const output = await runIn(getClient('pytest'), '-m', 'pytest', '-p', 'no:cacheprovider')
    expect(output).toContain('3 passed')
  })
})
