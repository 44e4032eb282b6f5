import { posix } from 'node:path'
import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import type { StoredContent } from '../contents.js'
import { MAX_LISTED_NAMES } from '../file-tree.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import type { LocalFile } from '../local-file.js'
import { normalizeName, resolveSymbolicLink } from './member-name.js'
import { haveSameBytes } from '../have-same-bytes.js'
import { storedSlices } from './stored-slices.js'
import { indexTar } from './tar-index.js'
import type { TarMember } from './tar-index.js'

/** The maximum number of links to follow from one name, as on Linux. */
const MAX_LINKS = 40

/** The members of an archive by name. A name can occur more than once. */
type Members = ReadonlyMap<string, readonly TarMember[]>

/**
 * Opens the files of a tar archive. Closing the tree closes the file.
 *
 * @throws ActionError if the file is truncated or is not a tar archive
 */
export async function openTarTree(
  file: LocalFile,
  path: string,
  signal: AbortSignal
): Promise<FileTree> {
  const index = await indexTar(file, signal)
  const members = groupBy(index.members, (member) => member.name)
  const contents = new Map<TarMember, StoredContent>()
  const found = new Map<string, Promise<StoredContent | undefined>>()
  const contentOf = (member: TarMember): StoredContent => {
    const content =
      contents.get(member) ?? storedSlices(file, member.name, member.size, member.slices)
    contents.set(member, content)
    return content
  }
  const find = async (name: string): Promise<StoredContent | undefined> => {
    const [first, ...others] = [...resolveMember(members, name, path)].map(contentOf)
    for (const other of others) {
      if (first !== undefined && !(await haveSameBytes(first, other, signal))) {
        throw duplicateProblem(path, name)
      }
    }
    return first
  }
  return {
    path,
    isDirectory: false,
    find: (name) => {
      const content = found.get(name) ?? find(name)
      found.set(name, content)
      return content
    },
    listDirectory: (directory) => Promise.resolve(listDirectory(members, directory)),
    listNames: () => Promise.resolve([...members.keys()].slice(0, MAX_LISTED_NAMES)),
    hint: index.hasEnd
      ? undefined
      : 'The archive does not have an end marker and may be truncated. Create or download it again.',
    close: () => file.close()
  }
}

function listDirectory(members: Members, directory: string): string[] {
  return [...members.keys()].filter((name) => posix.dirname(name) === directory).sort()
}

/** The files of resolved names. The value is `undefined` while a name is being resolved. */
type Resolved = Map<string, ReadonlySet<TarMember> | undefined>

/** Returns the files of a name and follows links. The set is empty if the archive does not have such a member. */
function resolveMember(
  members: Members,
  name: string,
  path: string,
  resolved: Resolved = new Map()
): ReadonlySet<TarMember> {
  const known = resolved.get(name)
  if (known !== undefined) return known
  if (resolved.has(name)) throw linkProblem(path, name, 'The links form a cycle.')
  if (resolved.size > MAX_LINKS)
    throw linkProblem(path, name, `More than ${MAX_LINKS} links have to be followed.`)
  resolved.set(name, undefined)
  const files = new Set<TarMember>()
  for (const target of listTargets(members, name, path)) {
    if (typeof target !== 'string') {
      files.add(target)
      continue
    }
    const linked = resolveMember(members, target, path, resolved)
    if (linked.size === 0 && members.has(name)) {
      throw linkProblem(path, name, `The archive does not contain its target ${target}.`)
    }
    for (const file of linked) files.add(file)
  }
  resolved.set(name, files)
  return files
}

/** Returns the files of a name, and the targets of its links. */
function listTargets(members: Members, name: string, path: string): Set<TarMember | string> {
  const named = members.get(name)
  if (named !== undefined) {
    return new Set(
      named.map((member) => (member.kind === 'file' ? member : targetOf(member, path)))
    )
  }
  const real = resolveLinkedDirectory(members, name, path)
  return new Set(real === undefined ? [] : [real])
}

function targetOf(member: TarMember, path: string): string {
  if (member.kind === 'directory' || member.kind === 'other') {
    throw problem({
      what: `A member of ${path} is not a regular file`,
      value: member.name,
      reason:
        member.kind === 'directory'
          ? 'It is a directory.'
          : 'Its type is not supported by the action.'
    })
  }
  // The target of a hard link is relative to the root of the archive.
  const target =
    member.kind === 'hard-link'
      ? normalizeName(member.linkName)
      : resolveSymbolicLink(member.name, member.linkName)
  if (target !== undefined) return target
  throw linkProblem(path, member.name, `Its target ${member.linkName} is outside the archive.`)
}

/** Replaces the first directory of a name that is a symbolic link. Returns `undefined` if there is none. */
function resolveLinkedDirectory(members: Members, name: string, path: string): string | undefined {
  const parts = name.split('/')
  for (let end = 1; end < parts.length; end += 1) {
    const directory = parts.slice(0, end).join('/')
    const link = members.get(directory)?.findLast((member) => member.kind === 'symbolic-link')
    if (link !== undefined) return [targetOf(link, path), ...parts.slice(end)].join('/')
  }
  return undefined
}

function linkProblem(path: string, name: string, reason: string): ActionError {
  return problem({ what: `Cannot follow a link in ${path}`, value: name, reason })
}

function duplicateProblem(path: string, name: string): ActionError {
  return problem({
    what: `${path} contains two different files with the same name`,
    value: name,
    fix: 'Create the archive again. Programs do not agree on which of the files to use.'
  })
}
