import { execFile, execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The external programs that tests run. All are Debian packages except the Docker CLI (a static binary). */
export type Client =
  | 'aws'
  | 'boto3'
  | 'buildah'
  | 'chromium'
  | 'containerd'
  | 'ctr'
  | 'debootstrap'
  | 'docker'
  | 'podman'
  | 'pytest'
  | 'skopeo'
  | 'umoci'
  | 'zstd'

/** The paths of Debian packages, for programs that the PATH can find in another version. */
const FIXED_PATHS: Readonly<Partial<Record<Client, string>>> = {
  aws: '/usr/bin/aws',
  boto3: '/usr/bin/python3',
  pytest: '/usr/bin/python3'
}

/** The Python packages among the clients. */
const MODULES: readonly Client[] = ['boto3', 'pytest']

/** Returns the path of a client, or `undefined` if it cannot run here. For a Python package, it is the path of Python. */
export function findClient(client: Client): string | undefined {
  // containerd requires root.
  if (client === 'containerd' && process.getuid?.() !== 0) return undefined
  const fixed = FIXED_PATHS[client]
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const candidates =
    fixed === undefined ? directories.map((directory) => join(directory, client)) : [fixed]
  const path = candidates.find(isExecutable)
  if (!MODULES.includes(client) || path === undefined) return path
  try {
    execFileSync(path, ['-c', `import ${client}`], { stdio: 'ignore' })
    return path
  } catch {
    return undefined
  }
}

/** Returns the path of a client. @throws Error if it is not installed */
export function getClient(client: Client): string {
  const path = findClient(client)
  if (path === undefined) throw new Error(`${client} is not installed.`)
  return path
}

/**
 * Defines a test suite that requires clients. If one is not installed, the tests are skipped, or fail with
 * `REQUIRE_CLIENTS=1` (in CI).
 */
export function describeWithClient(
  clients: Client | readonly Client[],
  name: string,
  body: () => void
): void
export function describeWithClient(clients: Client | readonly Client[], body: () => void): void
export function describeWithClient(
  clients: Client | readonly Client[],
  nameOrBody: string | (() => void),
  maybeBody?: () => void
): void {
  const needed = typeof clients === 'string' ? [clients] : clients
  const [name, body] =
    typeof nameOrBody === 'string' ? [nameOrBody, maybeBody!] : [needed.join(', '), nameOrBody]
  const missing = needed.filter((client) => findClient(client) === undefined)
  if (missing.length === 0) {
    describe(name, body)
  } else if (process.env.REQUIRE_CLIENTS === '1') {
    describe(name, () => {
      test(`requires ${missing.join(', ')}`, () => {
        throw new Error(`Not installed: ${missing.join(', ')}.`)
      })
    })
  } else {
    describe.skip(`${name} (not installed: ${missing.join(', ')})`, body)
  }
}

/** The result of a client. */
export interface ClientRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ClientOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The standard input. */
  readonly input?: string | Buffer
  /** The user and group to run as. */
  readonly uid?: number | undefined
}

/** Runs a client for at most two minutes. Resolves with any exit status. */
export async function runClient(
  client: Client,
  args: readonly string[],
  options: ClientOptions = {}
): Promise<ClientRun> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      getClient(client),
      args,
      {
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          TMPDIR: tmpdir(),
          XDG_RUNTIME_DIR: tmpdir(),
          ...options.env
        },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
        maxBuffer: 64 * 1024 * 1024,
        timeout: 120_000
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code
        if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
        else reject(new Error(`${client} did not exit by itself.`, { cause: error }))
      }
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}

/** Runs a client and returns its standard output. @throws Error with its output if it fails */
export async function getClientOutput(
  client: Client,
  args: readonly string[],
  options: ClientOptions = {}
): Promise<string> {
  const { exitCode, stdout, stderr } = await runClient(client, args, options)
  if (exitCode === 0) return stdout
  throw new Error(`${client} ${args.join(' ')} exited with status ${exitCode}.\n${stderr}${stdout}`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
