import { spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { transformFileSync } from '@swc/core'

const ROOT = join(import.meta.dirname, '..', '..')

/** Below node_modules, so that the imports of packages are resolved. */
const DIRECTORY = join(ROOT, 'node_modules', `.emulator-test-${String(process.pid)}`)

let isBuilt = false
const children = new Set<ChildProcess>()

/** Transpiles the emulator, so that it runs as a separate process without the bundle. */
function build(): string {
  const entry = join(DIRECTORY, 'index.js')
  if (isBuilt) return entry
  mkdirSync(DIRECTORY, { recursive: true })
  writeFileSync(join(DIRECTORY, 'package.json'), '{"type":"module"}\n')
  const source = join(ROOT, 'src', 'emulator')
  for (const path of globSync('**/*.ts', { cwd: source })) {
    const { code } = transformFileSync(join(source, path), {
      cwd: ROOT,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' }
    })
    const target = join(DIRECTORY, relative('.', path).replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, code)
  }
  isBuilt = true
  return entry
}

/** An emulator in a separate process. */
export interface EmulatorProcess {
  readonly child: ChildProcess
  readonly url: string
  /** The output so far. */
  readonly output: () => { readonly stdout: string; readonly stderr: string }
  /** Resolves with the exit status or the signal. */
  readonly ended: Promise<number | string | null>
}

/** Runs the command line of the emulator and resolves when it accepts connections or has ended. */
export function runEmulator(...args: string[]): Promise<EmulatorProcess> {
  return observe(spawn(process.execPath, [build(), ...args], { stdio: 'pipe' }))
}

/** Runs the emulator in its own user, PID and UTS namespaces on Linux, as a container with this host name does. */
export function runEmulatorInContainer(host: string, ...args: string[]): Promise<EmulatorProcess> {
  const command = ['hostname', host, '&&', 'exec', '"$0"', '"$@"'].join(' ')
  return observe(
    spawn(
      'unshare',
      [
        ...['-rpfu', '--mount-proc', '--kill-child', 'sh', '-c', command],
        ...[process.execPath, build(), ...args]
      ],
      { stdio: 'pipe' }
    )
  )
}

/**
 * Runs the emulator with a limit of the size of a file, in KiB. Writing more fails as on a full disk: a part of the bytes
 * is written, and the next write reports an error.
 */
export function runEmulatorWithFileLimit(
  limit: number,
  ...args: string[]
): Promise<EmulatorProcess> {
  const script = `ulimit -f ${String(limit)}; exec "$0" "$@"`
  const command = [process.execPath, build(), ...args]
  return observe(spawn('bash', ['-c', script, ...command], { stdio: 'pipe' }))
}

async function observe(child: ChildProcessWithoutNullStreams): Promise<EmulatorProcess> {
  children.add(child)
  let [stdout, stderr] = ['', '']
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (status, signal) => {
      children.delete(child)
      resolve(status ?? signal)
    })
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const isReady = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (stdout.includes('AWS_SECRET_ACCESS_KEY=')) resolve()
    })
  })
  await Promise.race([isReady, ended])
  const url = /AWS_ENDPOINT_URL_ECR_PUBLIC=(.*)/.exec(stdout)?.[1] ?? ''
  return { child, url, output: () => ({ stdout, stderr }), ended }
}

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(DIRECTORY, { recursive: true, force: true })
})
