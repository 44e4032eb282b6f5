import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The time and memory of one process. */
export interface Measurement {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly stdout: string
}

/** A program to measure from the start to the exit of its process. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** GNU time reports the resource usage that the kernel records for the process (wait4). */
const GNU_TIME = '/usr/bin/time'

/** Runs a program once and returns its time and memory. @throws Error with its output if it fails */
export async function measure(command: Command): Promise<Measurement> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-time-'))
  const file = join(directory, 'time')
  try {
    await writeFile(file, '')
    const args = ['-f', '%U %S %M', '-o', file, command.program, ...command.args]
    const before = performance.now()
    const stdout = await run(GNU_TIME, args, command)
    const wallSeconds = (performance.now() - before) / 1000
    const line = (await readFile(file, 'utf8')).trim().split('\n').at(-1) ?? ''
    const [user = NaN, system = NaN, kib = NaN] = line.split(' ').map(Number)
    return { wallSeconds, cpuSeconds: user + system, peakMiB: kib / 1024, stdout }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function run(program: string, args: readonly string[], command: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: command.cwd ?? tmpdir(), env: command.env })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else
        reject(
          new Error(`${command.program} exited with status ${String(code)}:\n${stdout}\n${stderr}`)
        )
    })
  })
}

/** Returns the median of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? NaN
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
