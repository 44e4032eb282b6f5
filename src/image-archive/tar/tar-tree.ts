import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import type { StoredContent } from '../contents.js'
import type { FileTree } from '../file-tree.js'
import { groupBy } from '../group-by.js'
import type { LocalFile } from '../local-file.js'
import { normalizeName, resolveLink } from './member-name.js'
import { haveSameBytes } from '../same-bytes.js'
import { storedSlices } from './stored-slices.js'
import { indexTar } from './tar-index.js'
import type { TarMember } from './tar-index.js'

/** The most links that are followed from one name, as on Linux. */
const MAX_LINKS = 40

const MAX_LISTED_NAMES = 1000

/** The members of an archive by name; one name may come more than once. */
type Members = ReadonlyMap<string, readonly TarMember[]>

/**
 * The files of a tar archive, indexed once by its headers. Closing the tree closes the file.
 *
 * @throws ActionError where the file is no tar archive or ends early
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
        throw isThereTwice(path, name)
      }
    }
    return first
  }
  return {
    path,
    find: (name) => {
      const content = found.get(name) ?? find(name)
      found.set(name, content)
      return content
    },
    listNames: () => Promise.resolve([...members.keys()].slice(0, MAX_LISTED_NAMES)),
    hint: index.hasEnd ? '' : 'the archive has no end mark: it may have been cut short',
    close: () => file.close()
  }
}

/** What names stand for, as far as they were resolved; `undefined` while one is being resolved. */
type Resolved = Map<string, ReadonlySet<TarMember> | undefined>

/** The files that a name stands for, links followed; none where there is no such member. */
function resolveMember(
  members: Members,
  name: string,
  path: string,
  resolved: Resolved = new Map()
): ReadonlySet<TarMember> {
  const known = resolved.get(name)
  if (known !== undefined) return known
  if (resolved.has(name)) throw cannotFollow(path, name, 'goes round in a circle')
  if (resolved.size > MAX_LINKS) throw cannotFollow(path, name, 'goes through too many others')
  resolved.set(name, undefined)
  const files = new Set<TarMember>()
  for (const target of listTargets(members, name, path)) {
    if (typeof target !== 'string') {
      files.add(target)
      continue
    }
    const linked = resolveMember(members, target, path, resolved)
    if (linked.size === 0 && members.has(name)) {
      throw cannotFollow(path, name, `names nothing in the archive: ${target}`)
    }
    for (const file of linked) files.add(file)
  }
  resolved.set(name, files)
  return files
}

/** The files of this name, and the names that its links lead to. */
function listTargets(members: Members, name: string, path: string): Set<TarMember | string> {
  const named = members.get(name)
  if (named !== undefined) {
    return new Set(
      named.map((member) => (member.kind === 'file' ? member : targetOf(member, path)))
    )
  }
  const real = throughLinkedDirectory(members, name, path)
  return new Set(real === undefined ? [] : [real])
}

function targetOf(member: TarMember, path: string): string {
  if (member.kind === 'directory' || member.kind === 'other') {
    throw problem({
      what: `${path} has no regular file where one is needed`,
      value: member.name,
      expected: member.kind === 'directory' ? 'it is a directory' : 'it is of a special kind'
    })
  }
  // Hard links name their target from the root of the archive, symbolic ones from where they are.
  const target =
    member.kind === 'hard-link'
      ? normalizeName(member.linkName)
      : resolveLink(member.name, member.linkName)
  if (target !== undefined) return target
  throw cannotFollow(path, member.name, `leads out of the archive: ${member.linkName}`)
}

/** The name with its first directory that is a symbolic link replaced; `undefined` where none is. */
function throughLinkedDirectory(members: Members, name: string, path: string): string | undefined {
  const parts = name.split('/')
  for (let end = 1; end < parts.length; end += 1) {
    const directory = parts.slice(0, end).join('/')
    const link = members.get(directory)?.findLast((member) => member.kind === 'symbolic-link')
    if (link !== undefined) return [targetOf(link, path), ...parts.slice(end)].join('/')
  }
  return undefined
}

function cannotFollow(path: string, name: string, why: string): ActionError {
  return problem({ what: `${path} has a link that ${why}`, value: name })
}

function isThereTwice(path: string, name: string): ActionError {
  return problem({
    what: `${path} holds two different files of one name`,
    value: name,
    fix: 'programs do not agree on which of them counts; write the archive again'
  })
}
