import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { LinkBase } from './markdown/resolve-link.js'

/** The commit that the workflow runs on. */
export type Commit = Omit<LinkBase, 'path'>

/**
 * The commit that the workflow runs on, or `undefined` outside of GitHub Actions. The toolkit's context
 * knows it; its code is loaded only where there is one.
 */
export async function findCommit(
  env: Readonly<Record<string, string | undefined>>
): Promise<Commit | undefined> {
  if (!env.GITHUB_REPOSITORY || !env.GITHUB_SHA) return undefined
  const { context } = await import('@actions/github')
  const { owner, repo } = context.repo
  return { serverUrl: context.serverUrl, repository: `${owner}/${repo}`, sha: context.sha }
}

/**
 * Where a file is on GitHub, or `undefined` for one outside of the workspace. The root of the repository is
 * the closest directory with a `.git`, as a workflow may check out into a directory of the workspace; else the workspace.
 *
 * @param workspace absolute
 */
export async function findLinkBase(
  file: string,
  workspace: string,
  commit: Commit
): Promise<LinkBase | undefined> {
  const path = relative(await findRoot(file, workspace), file)
  if (path === '' || isAbsolute(path) || path.split(sep)[0] === '..') return undefined
  return { ...commit, path: path.split(sep).join('/') }
}

async function findRoot(file: string, workspace: string): Promise<string> {
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
