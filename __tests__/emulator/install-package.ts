import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

/** The npm package of the emulator, installed without the network. */
export interface InstalledPackage {
  /** A directory with a package.json, and with the package in node_modules. */
  readonly project: string
  /** Size of the tarball, in bytes. */
  readonly size: number
  /** The paths in the package. */
  readonly paths: readonly string[]
}

/** Returns the environment for npm and for Node.js at this path. npm does not use files of the user or the network. */
export function npmEnvironment(directory: string, node = process.execPath): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    HOME: directory,
    TMPDIR: directory,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false'
  }
}

/** Packs the repository with the current dist/ as the npm package, and installs it into a new project in `directory`. */
export async function installPackage(directory: string): Promise<InstalledPackage> {
  const env = npmEnvironment(directory)
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory]
  const { stdout } = await run('npm', pack, { cwd: ROOT, env })
  const [tarball] = JSON.parse(stdout) as [
    {
      readonly filename: string
      readonly size: number
      readonly files: readonly { readonly path: string }[]
    }
  ]
  const project = join(directory, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  const install = ['install', '--no-audit', '--no-fund', join(directory, tarball.filename)]
  await run('npm', install, { cwd: project, env })
  return { project, size: tarball.size, paths: tarball.files.map(({ path }) => path) }
}
