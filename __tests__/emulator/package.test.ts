import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { VERSION } from '../../src/emulator/version.js'
import { installPackage, npmEnvironment } from './install-package.js'
import type { InstalledPackage } from './install-package.js'

// Packs dist/ as the npm package and installs it into an empty directory, without the network.

const ROOT = join(import.meta.dirname, '..', '..')
const MAX_PACKED_BYTES = 250_000

const run = promisify(execFile)
let directory: string
let project: string
let installed: InstalledPackage

const environment = (node: string): NodeJS.ProcessEnv => npmEnvironment(directory, node)

/** The versions of Node.js on this machine, by path. npm scripts use the one in node_modules/.bin. */
function listNodes(): [version: string, path: string][] {
  const paths = (process.env.PATH ?? '').split(delimiter).map((path) => join(path, 'node'))
  const versions = new Map<string, string>()
  for (const path of [process.execPath, ...paths.filter((path) => existsSync(path))]) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
    if (!versions.has(version)) versions.set(version, path)
  }
  return [...versions]
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'package-'))
  installed = await installPackage(directory)
  project = installed.project
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('contains the emulator without the action, and is small', () => {
  const others = installed.paths.filter((path) => !path.startsWith('dist/emulator/'))
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
  expect(installed.size).toBeLessThan(MAX_PACKED_BYTES)
})

test('installs without other packages', () => {
  const names = readdirSync(join(project, 'node_modules'))
  expect(names.filter((name) => !name.startsWith('.'))).toEqual(['ecr-public-action'])
})

describe.each(listNodes())('with Node.js %s', (_version, node) => {
  const runScript = async (name: string, text: string): Promise<string> => {
    writeFileSync(join(project, name), text)
    return (await run(node, [name], { cwd: project, env: environment(node) })).stdout
  }

  test('npx prints the version', async () => {
    const options = { cwd: project, env: environment(node) }
    const { stdout } = await run('npx', ['ecr-public-emulator', '--version'], options)
    expect(stdout).toBe(`${VERSION}\n`)
  })

  test('npx serves the API', async () => {
    const child = spawn('npx', ['ecr-public-emulator', '--port', '0'], {
      cwd: project,
      env: environment(node),
      stdio: ['ignore', 'pipe', 'inherit'],
      // npx starts the emulator in a process of its own. Both are in one process group.
      detached: true
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      const first = String((await lines.next()).value)
      const [, url = ''] = /^export AWS_ENDPOINT_URL_ECR_PUBLIC=(.*)$/.exec(first) ?? []
      const health = await fetch(`${url}/_emulator/health`)
      expect(await health.json()).toEqual({ status: 'ok' })
    } finally {
      process.kill(-child.pid!, 'SIGTERM')
      await ended
    }
  })

  const use = `
    createEmulator({ seed: { repositories: [{ name: 'team/app' }] } }).then(async (emulator) => {
      const page = await (await fetch(emulator.url)).text()
      console.log(page.includes('team/app'), Object.keys(emulator.env).length)
      await emulator.close()
    })`

  test('import and require return createEmulator', async () => {
    const imported = `import { createEmulator } from 'ecr-public-action/emulator'\n${use}`
    const required = `const { createEmulator } = require('ecr-public-action/emulator')\n${use}`
    expect(await runScript('imported.mjs', imported)).toBe('true 6\n')
    expect(await runScript('required.cjs', required)).toBe('true 6\n')
  })
})

describe('the types', () => {
  const compile = async (name: string, text: string): Promise<string> => {
    writeFileSync(join(project, name), text)
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes']
    const level = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022']
    try {
      await run(process.execPath, [tsc, ...options, ...level, name], { cwd: project })
      return ''
    } catch (error) {
      return (error as { readonly stdout: string }).stdout
    }
  }
  const use = `
    import { createEmulator } from 'ecr-public-action/emulator'
    import type { CreateEmulatorOptions, Emulator, FaultRule } from 'ecr-public-action/emulator'

    const options: CreateEmulatorOptions = { port: 0, alias: 'team', mount: 'on', verified: true }
    export const start = async (): Promise<string> => {
      const emulator: Emulator = await createEmulator(options)
      const rules: readonly FaultRule[] = emulator.faults.list()
      const [request] = emulator.requests.list()
      emulator.clock.advance('13h')
      await emulator.restore(await emulator.snapshot())
      return \`\${emulator.url} \${rules.length} \${request?.operation ?? ''}\`
    }`

  test('compile in ES modules and CommonJS modules, without other type packages', async () => {
    expect(await compile('types.mts', use)).toBe('')
    expect(await compile('types.cts', use)).toBe('')
  })

  test('reject options that do not exist', async () => {
    const wrong = use.replace("mount: 'on'", "mount: 'sometimes'")
    expect(await compile('wrong.mts', wrong)).toContain(`'"sometimes"' is not assignable`)
  })
})
