import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { LinkBase } from './markdown/resolve-relative-link.js'

/** The commit that the workflow runs for. */
export interface Commit extends Omit<LinkBase, 'path'> {
  /** The branch or tag of the run, encoded for a URL. `undefined` if it is not known. */
  readonly branch: string | undefined
}

/** Returns the commit that the workflow runs for, or `undefined` outside of GitHub Actions. */
export async function findCommit(
  env: Readonly<Record<string, string | undefined>>
): Promise<Commit | undefined> {
  if (!env.GITHUB_REPOSITORY || !env.GITHUB_SHA) return undefined
  // Loaded only when it is used, since it takes time to load.
  const { context } = await import('@actions/github')
  const { owner, repo } = context.repo
  const repository = `${owner}/${repo}`
  const branch = findBranch(context.payload.pull_request, repository, env.GITHUB_REF_NAME)
  return {
    serverUrl: context.serverUrl,
    repository,
    sha: context.sha,
    branch: branch?.split('/').map(encodeURIComponent).join('/')
  }
}

/** Returns the head branch of a pull request, or its base branch if the head is in a fork. */
function findBranch(
  pullRequest: Readonly<Record<string, unknown>> | undefined,
  repository: string,
  refName: string | undefined
): string | undefined {
  if (pullRequest === undefined) return refName || undefined
  const { head, base } = pullRequest as {
    readonly head?: { readonly ref?: string; readonly repo?: { readonly full_name?: string } }
    readonly base?: { readonly ref?: string }
  }
  return head?.repo?.full_name === repository ? head.ref : base?.ref
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
