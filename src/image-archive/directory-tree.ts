import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { codeOf, problem } from '../runner/errors.js'
import type { StoredContent } from './contents.js'
import { MAX_LISTED_NAMES } from './file-tree.js'
import type { FileTree } from './file-tree.js'
import { fileProblem, openLocalFile } from './local-file.js'
import { storedFile } from './tar/stored-slices.js'

/** The depth to which names are listed: `blobs/sha256/…`. */
const LISTED_DEPTH = 3

/** Opens a directory. Symbolic links are followed if their target is inside the directory. */
export async function openDirectoryTree(path: string): Promise<FileTree> {
  const root = await realpath(path)
  const found = new Map<string, Promise<StoredContent | undefined>>()
  return {
    path,
    isDirectory: true,
    find: (name) => {
      const content = found.get(name) ?? findFile(root, path, name)
      found.set(name, content)
      return content
    },
    listDirectory: (directory) => listDirectory(root, directory),
    listNames: () => listNames(root),
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
    throw problem({
      what: `A link in ${path} points outside the directory`,
      value: name,
      fix: `Create an archive with the files that the links refer to, "tar -chf image.tar -C ${shellWord(path)} .", and set "tar" to image.tar.`
    })
  }
  const file = await openLocalFile(target)
  await file.close()
  return storedFile({ path: target, archive: path, name, size: file.size, stamp: file.stamp })
}

/** Returns a path as a word of a shell command. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
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

async function listDirectory(root: string, directory: string): Promise<string[]> {
  try {
    const names = await readdir(join(root, directory))
    return names.sort().map((name) => `${directory}/${name}`)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw fileProblem(join(root, directory), error)
  }
}

async function listNames(root: string): Promise<string[]> {
  const names: string[] = []
  let directories = [root]
  for (let depth = 0; depth < LISTED_DEPTH && names.length < MAX_LISTED_NAMES; depth += 1) {
    const deeper: string[] = []
    for (const directory of directories) {
      for (const entry of await readdir(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name)
        if (entry.isDirectory()) deeper.push(path)
        names.push(relative(root, path).replaceAll(sep, '/'))
      }
    }
    directories = deeper.slice(0, MAX_LISTED_NAMES)
  }
  return names.slice(0, MAX_LISTED_NAMES)
}

/** Returns `true` if the path is a directory. @throws ActionError if it does not exist or cannot be read */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw fileProblem(path, error)
  }
}
