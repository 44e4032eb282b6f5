import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { relativeInside } from '../runner/local-path-rules.js'
import { findGitCheckout, listSubmodules } from './git-checkout.js'
import type { GitCheckout } from './git-checkout.js'
import type { FileLocation, LinkBase, Revision } from './markdown/resolve-link.js'
import type { Source } from './read-source.js'

/** The location of a file on GitHub, or why it is not known. */
export type LinkBaseResult =
  { readonly base: LinkBase } | { readonly reason: 'outside' | 'unknown-checkout' }

/**
 * Returns the location of a file on GitHub. It belongs to the closest checkout around it. The workspace belongs to the
 * repository of the workflow, unless another GitHub repository is checked out there.
 *
 * @param file a real path
 * @param workspace a real path
 */
export function findLinkBase(file: string, workspace: string, source: Source): LinkBaseResult {
  if (relativeInside(workspace, file) === undefined) return { reason: 'outside' }
  const root = findRoot(file, workspace)
  const checkout = findGitCheckout(root, source.serverUrl)
  const revision = revisionOf(checkout, root === workspace, source)
  if (revision === undefined) return { reason: 'unknown-checkout' }
  const isComplete = checkout?.isSparse !== true
  return {
    base: {
      ...revision,
      path: segmentsOf(root, file).join('/'),
      findFile: createFileFinder(root, isComplete, revision, source)
    }
  }
}

function findRoot(file: string, workspace: string): string {
  let directory = dirname(file)
  for (; relativeInside(workspace, directory) !== undefined; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return directory
    if (directory === dirname(directory)) break
  }
  return workspace
}

/** Returns the repository and ref of a checkout, or `undefined` if they are not known. */
function revisionOf(
  checkout: GitCheckout | undefined,
  isWorkspace: boolean,
  source: Source
): Revision | undefined {
  const { serverUrl, repository, ref, sha } = source
  const own: Revision = { serverUrl, repository, ref }
  if (checkout === undefined || checkout.head === sha) return own
  const { revision } = checkout
  if (!isWorkspace) return revision
  const isOwn =
    revision === undefined || revision.repository.toLowerCase() === repository.toLowerCase()
  return isOwn ? own : revision
}

/** Returns a function that looks up link targets. Checkouts and submodules belong to other repositories. */
function createFileFinder(
  root: string,
  isComplete: boolean,
  own: Revision,
  source: Source
): (path: string) => FileLocation {
  const submodules = listSubmodules(root, own)
  const checkouts = new Map<string, GitCheckout | undefined>()
  const findCheckout = (path: string): GitCheckout | undefined => {
    const known = checkouts.get(path)
    if (known !== undefined || checkouts.has(path)) return known
    const found = findGitCheckout(join(root, path), source.serverUrl)
    checkouts.set(path, found)
    return found
  }
  return (path) => {
    const names = path.split('/').filter((name) => name !== '')
    // A name with NUL would throw an error.
    const exists = !isComplete || path.includes('\0') || existsSync(join(root, ...names))
    for (let depth = names.length; depth > 0; depth--) {
      const outer = names.slice(0, depth).join('/')
      const inner = names.slice(depth).join('/')
      const checkout = findCheckout(outer)
      if (checkout !== undefined) {
        return { exists, checkout: { revision: revisionOf(checkout, false, source), path: inner } }
      }
      if (submodules.has(outer)) {
        return { exists: true, checkout: { revision: submodules.get(outer), path: inner } }
      }
    }
    return { exists }
  }
}

function segmentsOf(root: string, file: string): string[] {
  return (relativeInside(root, file) ?? '').split(sep)
}
