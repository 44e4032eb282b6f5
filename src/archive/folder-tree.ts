import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { codeOf, problem } from '../errors.js'
import type { StoredContent } from './contents.js'
import type { FileTree } from './file-tree.js'
import { fileProblem, openLocalFile } from './local-file.js'
import { storedFile } from './stored-slices.js'

/** How deep names are listed for hints: `blobs/sha256/…`. */
const LISTED_DEPTH = 3
const MAX_LISTED_NAMES = 1000

/** The files of a folder. Symbolic links are followed as long as they stay in it. */
export async function openFolderTree(path: string): Promise<FileTree> {
  const root = await realpath(path)
  const found = new Map<string, Promise<StoredContent | undefined>>()
  return {
    path,
    find: (name) => {
      const content = found.get(name) ?? findFile(root, path, name)
      found.set(name, content)
      return content
    },
    listNames: () => listNames(root),
    hint: '',
    close: () => Promise.resolve()
  }
}

async function findFile(
  root: string,
  path: string,
  name: string
): Promise<StoredContent | undefined> {
  const target = await findRealPath(join(root, name))
  if (target === undefined) return undefined
  if (!target.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw problem({ what: `${path} has a link that leads out of the folder`, value: name })
  }
  const file = await openLocalFile(target)
  await file.close()
  return storedFile(target, name, file.size, file.stamp)
}

async function findRealPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined
    throw fileProblem(path, error)
  }
}

async function listNames(root: string): Promise<string[]> {
  const names: string[] = []
  let folders = [root]
  for (let depth = 0; depth < LISTED_DEPTH && names.length < MAX_LISTED_NAMES; depth += 1) {
    const deeper: string[] = []
    for (const folder of folders) {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) deeper.push(path)
        names.push(relative(root, path).replaceAll(sep, '/'))
      }
    }
    folders = deeper.slice(0, MAX_LISTED_NAMES)
  }
  return names.slice(0, MAX_LISTED_NAMES)
}

/** `true` where the path names a folder. @throws ActionError where it names nothing */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw fileProblem(path, error)
  }
}
