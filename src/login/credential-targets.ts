import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import { AuthDocumentError, parseAuthDocument } from './auth-document.js'
import {
  canHaveDirectory,
  checkWritable,
  findCredentialFile,
  resolveAuthPath
} from './credential-file.js'
import type { Reader } from './credential-settings.js'
import { stat } from './disk.js'

/** An credential file that login writes. */
export interface CredentialTarget {
  /** The path as the tools know it. */
  readonly path: string
  /** The file itself, symbolic links followed. */
  readonly file: string
  readonly readers: readonly Reader[]
}

/** The machine that login runs on. */
export interface Machine {
  readonly env: Deps['env']
  readonly platform: NodeJS.Platform
  readonly uid: number
}

/** The machine that this process runs on. */
export function thisMachine(env: Deps['env']): Machine {
  return { env, platform: process.platform, uid: process.getuid?.() ?? 0 }
}

/**
 * The credential files of this machine, each once: Docker's, and that of podman, buildah and skopeo where one of
 * them is there or the file is in use. All are looked at before any is written.
 *
 * @throws ActionError for a file that is malformed, unreadable or read-only
 */
export async function listCredentialTargets(machine: Machine): Promise<CredentialTarget[]> {
  const paths: [string, Reader][] = [[dockerConfigPath(machine), 'docker']]
  const containers = await findContainersAuthPath(machine)
  if (containers !== undefined) paths.push([containers, 'containers'])
  const targets: CredentialTarget[] = []
  for (const [path, reader] of paths) {
    const file = await resolveAuthPath(path)
    await checkCredentialFile(path, file)
    const same = targets.findIndex((target) => target.file === file)
    const found = targets[same]
    if (found === undefined) targets.push({ path, file, readers: [reader] })
    else targets[same] = { ...found, readers: [...found.readers, reader] }
  }
  return targets
}

async function checkCredentialFile(path: string, file: string): Promise<void> {
  const content = await findCredentialFile(file)
  await checkWritable(file, content)
  const text = content?.text ?? ''
  await explainMalformed(path, text, () => parseAuthDocument(text))
}

/** Runs what reads the text of an credential file; where it is malformed, the error names the file, the fault and its place. */
export async function explainMalformed<T>(
  path: string,
  text: string,
  body: () => T | Promise<T>
): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (!(error instanceof AuthDocumentError)) throw error
    const { describeSyntaxFault } = await import('./json-text.js')
    const fault = describeSyntaxFault(text)
    throw problem(
      {
        what: 'The credential file is malformed',
        value: path,
        expected: fault === undefined ? error.message : `${error.message}: ${fault}`,
        fix: 'correct or delete it; it was not touched'
      },
      error
    )
  }
}

/** Docker's file (https://docs.docker.com/reference/cli/docker/#change-the-docker-directory). */
function dockerConfigPath(machine: Machine): string {
  return join(machine.env.DOCKER_CONFIG || join(homeOf(machine), '.docker'), 'config.json')
}

/** The file that `podman login` would write (containers-auth.json(5)), where somebody reads it. */
async function findContainersAuthPath(machine: Machine): Promise<string | undefined> {
  if (machine.env.REGISTRY_AUTH_FILE) return machine.env.REGISTRY_AUTH_FILE
  const user = userAuthPath(machine)
  const first = await defaultAuthPath(machine, user)
  const isInUse = (await isThere(first)) || (await isThere(user))
  return isInUse || hasContainerTool(machine) ? first : undefined
}

/** The second file that all of these tools look into, whichever is the first. */
function userAuthPath(machine: Machine): string {
  const directory = machine.env.XDG_CONFIG_HOME || join(homeOf(machine), '.config')
  return join(directory, 'containers', 'auth.json')
}

/**
 * The first file that the tools look into. Where it cannot be made, because there is no runtime directory for
 * this user, they go on with the second one.
 */
async function defaultAuthPath(machine: Machine, user: string): Promise<string> {
  if (machine.platform !== 'linux') {
    return join(homeOf(machine), '.config', 'containers', 'auth.json')
  }
  const runtime = machine.env.XDG_RUNTIME_DIR
  if (runtime) {
    return (await isThere(runtime)) ? join(runtime, 'containers', 'auth.json') : user
  }
  const path = `/run/containers/${String(machine.uid)}/auth.json`
  return (await canHaveDirectory(dirname(path))) ? path : user
}

const CONTAINER_TOOLS = ['podman', 'buildah', 'skopeo']

/** Asks for up to three files in each directory: at once, since a detour by a thread takes longer than the answer. */
function hasContainerTool({ env, platform }: Machine): boolean {
  const directories = (env.PATH ?? env.Path ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
  const suffix = platform === 'win32' ? '.exe' : ''
  return directories.some((directory) =>
    CONTAINER_TOOLS.some((tool) => isExecutable(join(directory, `${tool}${suffix}`)))
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function homeOf({ env, platform }: Machine): string {
  return (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
}
