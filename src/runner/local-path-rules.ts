import * as nodePath from 'node:path'
import type { PlatformPath } from 'node:path'

/** The real paths that decide whether a local file can be read. */
export interface LocalPath {
  /** The absolute path that the input names, with `..` resolved but with its links. */
  readonly named: string
  /** The real path of the file. */
  readonly real: string
  /** The real path of the workspace. */
  readonly workspace: string
  /** `RUNNER_TEMP` as it is set, and its real path, which is empty if it does not exist. */
  readonly temporary?: { readonly named: string; readonly real: string } | undefined
}

/** File systems of the kernel. Their files look like regular ones, also if the workspace is `/`. */
const KERNEL_DIRECTORY = /^\/(?:proc|sys|dev)(?:\/|$)/

/**
 * Returns why a file must not be read, as a sentence, or `undefined` if it can be read. Its content is published or
 * sent, and a link in a repository can lead to a credential file of the machine.
 *
 * @param path the path functions of the platform
 */
export function findPathFault(
  { named, real, workspace, temporary }: LocalPath,
  path: PlatformPath = nodePath
): string | undefined {
  if (KERNEL_DIRECTORY.test(real)) return 'It is a file of the operating system.'
  const inWorkspace = relativeInside(workspace, real, path)
  const inTemporary = [temporary?.named, temporary?.real]
    .map((directory) => (directory ? relativeInside(directory, named, path) : undefined))
    .find((found) => found !== undefined)
  const inside = inWorkspace ?? inTemporary
  if (inside === undefined) return `Its real path, "${real}", is outside of the workspace.`
  if (inWorkspace === undefined && temporary !== undefined) {
    const expected = path.join(temporary.real, inside)
    if (path.relative(expected, real) !== '') {
      return `Its real path, "${real}", is outside of the workspace, and its path in RUNNER_TEMP contains a link.`
    }
  }
  const names = inside.split(path.sep)
  // Windows opens `.git::$INDEX_ALLOCATION` and `.git.` as `.git`, and its file systems ignore letter case.
  if (names.some((name) => /^\.git[. ]*(?::|$)/i.test(name))) return 'It is in a ".git" directory.'
  if (path.sep === '\\' && inside.includes(':')) return 'It is an alternate data stream.'
  return undefined
}

/** Returns the path relative to the directory, or `undefined` if it is neither the directory nor below it. */
export function relativeInside(
  directory: string,
  file: string,
  path: PlatformPath = nodePath
): string | undefined {
  const inside = path.relative(directory, file)
  const isInside = !path.isAbsolute(inside) && inside.split(path.sep)[0] !== '..'
  return isInside ? inside : undefined
}
