import { accessSync, constants } from 'node:fs'
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { parseCredentialDocument } from './credential-document.js'
import type { Reader } from './credential-edits.js'
import {
  canHaveDirectory,
  checkWritable,
  findCredentialFile,
  InaccessibleFileError,
  resolveCredentialPath
} from './credential-file.js'
import { explainMalformed } from './explain-malformed.js'

/** A credential file that login writes. */
export interface CredentialTarget {
  /** The path that the programs use. */
  readonly path: string
  /** The path of the file after symbolic links are resolved. */
  readonly file: string
  readonly readers: readonly Reader[]
}

/** The properties of a machine that determine which credential files it uses. */
export interface Machine {
  readonly env: Deps['env']
  readonly platform: NodeJS.Platform
  readonly uid: number
}

/** Returns the machine that this process runs on. */
export function currentMachine(env: Deps['env']): Machine {
  return { env, platform: process.platform, uid: process.getuid?.() ?? 0 }
}

/**
 * Lists the credential files of the machine: Docker's config.json, the auth.json of podman, buildah and skopeo if one of
 * them is installed or the file exists, and helm's config.json if it exists. A file that several programs use is listed
 * once. All files are checked. A file that this user is not allowed to read or write is left out with a warning.
 *
 * @throws ActionError if a file is malformed, or if no file can be read and written
 */
export async function listCredentialTargets(
  machine: Machine,
  log: Pick<Deps['log'], 'warning'>
): Promise<CredentialTarget[]> {
  const paths: [string, Reader][] = [[dockerConfigPath(machine), 'docker']]
  const containers = await findContainersPath(machine)
  if (containers !== undefined) paths.push([containers, 'containers'])
  const helm = helmConfigPath(machine)
  if (await exists(helm)) paths.push([helm, 'helm'])
  const targets: CredentialTarget[] = []
  const denied: InaccessibleFileError[] = []
  for (const [path, reader] of paths) {
    const file = await resolveCredentialPath(path)
    try {
      await checkCredentialFile(path, file)
    } catch (error) {
      if (!(error instanceof InaccessibleFileError)) throw error
      denied.push(error)
      continue
    }
    const same = targets.findIndex((target) => target.file === file)
    const found = targets[same]
    if (found === undefined) targets.push({ path, file, readers: [reader] })
    else targets[same] = { ...found, readers: [...found.readers, reader] }
  }
  const [first] = denied
  if (targets.length === 0 && first !== undefined) throw first
  for (const { message } of denied) {
    log.warning(`${message} The tools that read this file are not logged in.`)
  }
  return targets
}

async function checkCredentialFile(path: string, file: string): Promise<void> {
  const content = await findCredentialFile(file)
  await checkWritable(file, content)
  const text = content?.text ?? ''
  await explainMalformed(path, text, () => parseCredentialDocument(text))
}

/** Returns the path of Docker's config.json (https://docs.docker.com/reference/cli/docker/#change-the-docker-directory). */
function dockerConfigPath(machine: Machine): string {
  return join(machine.env.DOCKER_CONFIG || join(homeOf(machine), '.docker'), 'config.json')
}

/** Returns the file that `podman login` writes (containers-auth.json(5)), or `undefined` if no program uses it. */
async function findContainersPath(machine: Machine): Promise<string | undefined> {
  if (machine.env.REGISTRY_AUTH_FILE) return machine.env.REGISTRY_AUTH_FILE
  const user = userContainersPath(machine)
  const first = await defaultContainersPath(machine, user)
  const isInUse = (await exists(first)) || (await exists(user))
  return isInUse || hasContainerTool(machine) ? first : undefined
}

/** Returns the auth.json in the user's configuration directory, which the tools read after the default one. */
function userContainersPath(machine: Machine): string {
  const directory = machine.env.XDG_CONFIG_HOME || join(homeOf(machine), '.config')
  return join(directory, 'containers', 'auth.json')
}

/**
 * Returns the default auth.json, which the tools read first. If the user does not have a runtime directory, the tools
 * use the file in the user's configuration directory.
 */
async function defaultContainersPath(machine: Machine, user: string): Promise<string> {
  if (machine.platform !== 'linux') {
    return join(homeOf(machine), '.config', 'containers', 'auth.json')
  }
  const runtime = machine.env.XDG_RUNTIME_DIR
  if (runtime) {
    return (await exists(runtime)) ? join(runtime, 'containers', 'auth.json') : user
  }
  const path = `/run/containers/${String(machine.uid)}/auth.json`
  return (await canHaveDirectory(dirname(path))) ? path : user
}

/**
 * Returns the file that `helm registry login` writes (https://helm.sh/docs/helm/helm/). Helm reads it before Docker's
 * file, so that it would use the entry of an earlier login instead of the new credential.
 */
function helmConfigPath(machine: Machine): string {
  const { env } = machine
  if (env.HELM_REGISTRY_CONFIG) return env.HELM_REGISTRY_CONFIG
  const parent = env.XDG_CONFIG_HOME || defaultHelmParent(machine)
  return join(env.HELM_CONFIG_HOME || join(parent, 'helm'), 'registry', 'config.json')
}

function defaultHelmParent(machine: Machine): string {
  const home = homeOf(machine)
  if (machine.platform === 'darwin') return join(home, 'Library', 'Preferences')
  if (machine.platform !== 'win32') return join(home, '.config')
  return machine.env.APPDATA || join(home, 'AppData', 'Roaming')
}

const CONTAINER_TOOLS = ['podman', 'buildah', 'skopeo']

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

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function homeOf({ env, platform }: Machine): string {
  return (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
}
