import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import type { Revision } from './markdown/resolve-link.js'

/** A checkout of a git repository. */
export interface GitCheckout {
  /** The repository of the remote `origin` at the commit that is checked out, or `undefined` if it is not on GitHub. */
  readonly revision: Revision | undefined
  /** The commit that is checked out. */
  readonly head: string | undefined
  /** `true` if the checkout contains only some of the files. */
  readonly isSparse: boolean
}

/**
 * Returns the checkout in a directory, or `undefined` if the directory is not the root of one. Submodules and worktrees
 * have a file `.git` that names the git directory (gitrepository-layout(5)).
 *
 * The files are read directly, since git may be missing and refuses directories of another user, as in a container job.
 *
 * @param serverUrl the GitHub server of the workflow. Repositories on github.com are recognized too.
 */
export function findGitCheckout(directory: string, serverUrl: string): GitCheckout | undefined {
  const gitDirectory = findGitDirectory(directory)
  if (gitDirectory === undefined) return undefined
  const commonDirectory = resolve(gitDirectory, readLine(join(gitDirectory, 'commondir')) ?? '.')
  const head = resolveRef('HEAD', [gitDirectory, commonDirectory])
  const repository = findRepository(readText(join(commonDirectory, 'config')) ?? '', serverUrl)
  return {
    revision:
      repository === undefined || head === undefined ? undefined : { ...repository, ref: head },
    head,
    isSparse: existsSync(join(gitDirectory, 'info', 'sparse-checkout'))
  }
}

/** Every git directory has a HEAD. */
function findGitDirectory(directory: string): string | undefined {
  const path = join(directory, '.git')
  if (!existsSync(path)) return undefined
  const named = lstatSync(path).isDirectory()
    ? path
    : /^gitdir: (.+)$/.exec(readLine(path) ?? '')?.[1]
  const found = named === undefined ? undefined : resolve(directory, named)
  return found !== undefined && existsSync(join(found, 'HEAD')) ? found : undefined
}

/** Returns the commit of a ref. A file of its own precedes the list in `packed-refs` (git-pack-refs(1)). */
function resolveRef(name: string, directories: readonly string[], depth = 0): string | undefined {
  if (depth > 5) return undefined
  for (const directory of directories) {
    const line = readLine(join(directory, ...name.split('/')))
    const target = /^ref: (refs\/[^\s]+)$/.exec(line ?? '')?.[1]
    if (target?.includes('..') === false) return resolveRef(target, directories, depth + 1)
    if (isCommit(line)) return line
  }
  for (const directory of directories) {
    const list = readText(join(directory, 'packed-refs')) ?? ''
    const line = list.split('\n').find((found) => found.trimEnd().endsWith(` ${name}`))
    const commit = line?.split(' ')[0]
    if (isCommit(commit)) return commit
  }
  return undefined
}

/** A SHA-1 or SHA-256 hash. */
function isCommit(text: string | undefined): text is string {
  return text !== undefined && /^(?:[\da-f]{40}|[\da-f]{64})$/.test(text)
}

/** Returns the repository of the remote `origin`, without the credentials that its URL can contain. */
function findRepository(config: string, serverUrl: string): Omit<Revision, 'ref'> | undefined {
  const section = /^\s*\[remote "origin"\]\s*$((?:\n(?!\s*\[).*)*)/m.exec(config)?.[1] ?? ''
  return parseRemoteUrl(valueOf(section, 'url') ?? '', serverUrl)
}

function valueOf(section: string, key: string): string | undefined {
  return new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\n]*?)"?\\s*$`, 'm').exec(section)?.[1]
}

function parseRemoteUrl(url: string, serverUrl: string): Omit<Revision, 'ref'> | undefined {
  const [, host = '', owner = '', name = ''] =
    /^(?:(?:https?|ssh|git):\/\/(?:[^@/]*@)?|(?:[^@/:]+@)?(?=[^/]+:[^/\d]))([^/:]+)(?::\d+)?[/:]\/?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(
      url
    ) ?? []
  if (owner === '' || name.endsWith('.wiki')) return undefined
  const repository = `${owner}/${name}`
  if (host.toLowerCase() === URL.parse(serverUrl)?.hostname) return { serverUrl, repository }
  const isGithub = /^(?:www\.|ssh\.)?github\.com$/i.test(host)
  return isGithub ? { serverUrl: 'https://github.com', repository } : undefined
}

/**
 * Returns the submodules of a checkout by their paths. One that is not checked out leads to the default branch of its
 * repository. URLs can be relative to the one of the checkout (gitmodules(5)).
 */
export function listSubmodules(
  root: string,
  own: Omit<Revision, 'ref'>
): ReadonlyMap<string, Revision | undefined> {
  const sections = (readText(join(root, '.gitmodules')) ?? '').split(/^\s*\[/m)
  const submodules = new Map<string, Revision | undefined>()
  for (const section of sections) {
    const path = valueOf(section, 'path')
    const url = valueOf(section, 'url') ?? ''
    if (path === undefined) continue
    const isRelative = /^\.\.?\//.test(url)
    const absolute = isRelative ? `${own.serverUrl}${posix.join('/', own.repository, url)}` : url
    const repository = parseRemoteUrl(absolute, own.serverUrl)
    submodules.set(path, repository === undefined ? undefined : { ...repository, ref: 'HEAD' })
  }
  return submodules
}

/** The maximum size of a file of a git directory, in bytes. `packed-refs` has a line for each tag. */
const MAX_BYTES = 32 * 1024 * 1024

/** Does not read a FIFO or device, which could block. */
function readText(path: string): string | undefined {
  try {
    const stats = lstatSync(path)
    return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

function readLine(path: string): string | undefined {
  return readText(path)?.split('\n')[0]?.trim()
}
