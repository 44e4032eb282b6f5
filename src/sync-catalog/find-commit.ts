import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { LinkBase } from './markdown/resolve-relative-link.js'

/** The commit that the workflow runs for. */
export type Commit = Omit<LinkBase, 'path'>

/** Returns the commit that the workflow runs for, or `undefined` outside of GitHub Actions. */
export async function findCommit(
  env: Readonly<Record<string, string | undefined>>
): Promise<Commit | undefined> {
  if (!env.GITHUB_REPOSITORY || !env.GITHUB_SHA) return undefined
  // Loaded only when it is used, since it takes time to load.
  const { context } = await import('@actions/github')
  const { owner, repo } = context.repo
  return { serverUrl: context.serverUrl, repository: `${owner}/${repo}`, sha: context.sha }
}

/**
 * Returns the location of a file on GitHub, or `undefined` if it is outside of the workspace. The root of the checkout
 * is the closest directory with a `.git`, since a workflow can check out into a subdirectory, or else the workspace.
 *
 * @param workspace an absolute path
 */
export async function findLinkBase(
  file: string,
  workspace: string,
  commit: Commit
): Promise<LinkBase | undefined> {
  const path = relative(await resolveRoot(file, workspace), file)
  if (path === '' || isAbsolute(path) || path.split(sep)[0] === '..') return undefined
  return { ...commit, path: path.split(sep).join('/') }
}

async function resolveRoot(file: string, workspace: string): Promise<string> {
  let directory = dirname(file)
  const isInside = (path: string): boolean =>
    path === workspace || path.startsWith(workspace.endsWith(sep) ? workspace : workspace + sep)
  for (; isInside(directory); directory = dirname(directory)) {
    if (await exists(`${directory}${sep}.git`)) return directory
    if (directory === dirname(directory)) break
  }
  return workspace
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
