import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** An emulator in a separate process, which starts empty and stores its blobs on disk. */
export interface BenchEmulator {
  readonly url: string
  readonly host: string
  readonly alias: string
  readonly env: Readonly<Record<string, string>>
  /** Returns the number of API calls and registry requests. */
  countRequests(): Promise<number>
  /** Returns the number of API calls. */
  countCalls(): Promise<number>
  /** Returns the bytes of uploaded blobs, through the layer API (decoded) and through `/v2/`. */
  blobBytes(): Promise<number>
  /** Returns the CPU time of its process in seconds. */
  cpuSeconds(): Promise<number>
  stop(): Promise<void>
}

/** The path of the bundled command line of the emulator. */
export const EMULATOR_BUNDLE = join(import.meta.dirname, '..', '..', 'dist', 'emulator', 'index.js')

/** Starts an emulator, which is empty unless the arguments name a seed file. */
export async function startBenchEmulator(args: readonly string[] = []): Promise<BenchEmulator> {
  const data = await mkdtemp(join(tmpdir(), 'bench-emulator-'))
  const child = spawn(
    process.execPath,
    [EMULATOR_BUNDLE, '--port', '0', '--alias', 'bench', '--data', data, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit']
    }
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const env: Record<string, string> = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export ([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) env[name] = value
    if (name === 'AWS_SECRET_ACCESS_KEY') break
  }
  child.stdout.resume()
  const url = env.AWS_ENDPOINT_URL_ECR_PUBLIC
  if (url === undefined)
    throw new Error('The emulator exited before it was ready. Run "npm run bundle".')
  return {
    url,
    host: new URL(url).host,
    alias: 'bench',
    env,
    countRequests: async () => (await listRequests(url)).length,
    countCalls: async () =>
      (await listRequests(url)).filter(({ operation }) => operation !== undefined).length,
    blobBytes: async () => {
      const requests = await listRequests(url)
      return requests.reduce((sum, request) => sum + blobBytesOf(request), 0)
    },
    cpuSeconds: () => readCpuSeconds(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    }
  }
}

/** A repository of a seed file. */
export interface SeedRepository {
  readonly name: string
  readonly createdAt?: string
  readonly catalogData?: Readonly<Record<string, unknown>>
  readonly images?: readonly {
    readonly tags: readonly { readonly tag: string; readonly createdAt: string }[]
    readonly pushedAt: string
    readonly platforms: readonly string[]
  }[]
}

/**
 * Starts an emulator with these repositories, runs a function and stops the emulator.
 *
 * @param args other arguments of the emulator
 * @param use receives a directory that exists until it ends
 */
export async function withSeededEmulator<Result>(
  repositories: readonly SeedRepository[],
  args: readonly string[],
  use: (emulator: BenchEmulator, directory: string) => Promise<Result>
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-seed-'))
  const seed = join(directory, 'seed.json')
  await writeFile(seed, JSON.stringify({ repositories }))
  const emulator = await startBenchEmulator(['--seed', seed, ...args])
  try {
    return await use(emulator, directory)
  } finally {
    await emulator.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** The unit of the times in `/proc/PID/stat`, which Linux fixes for programs (`USER_HZ`). */
const TICKS_PER_SECOND = 100

async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, can contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

interface LoggedRequest {
  readonly operation?: string
  readonly method: string
  readonly path: string
  readonly requestBytes: number
}

async function listRequests(url: string): Promise<LoggedRequest[]> {
  const response = await fetch(`${url}/_emulator/requests`)
  const requests = (await response.json()) as LoggedRequest[]
  return requests.filter(({ path }) => !path.startsWith('/_emulator'))
}

function blobBytesOf({ operation, method, path, requestBytes }: LoggedRequest): number {
  if (operation === 'UploadLayerPart') return Math.floor((requestBytes * 3) / 4)
  const isUpload = path.includes('/blobs/uploads/') && ['PATCH', 'PUT', 'POST'].includes(method)
  return isUpload ? requestBytes : 0
}
