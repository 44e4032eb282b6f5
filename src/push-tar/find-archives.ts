import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { problem } from '../runner/errors.js'
import { parseList } from '../runner/inputs/parse-list.js'

/**
 * Returns the paths of the archives that the lines of the input `tar` name, in their order and each once. A line that
 * names an existing file or directory is that path. In any other line, commas separate items, and an item can be a
 * glob, whose matches are ordered by path.
 *
 * @throws ActionError if a glob does not match anything
 */
export async function findArchives(lines: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const line of lines) {
    if (await exists(line)) paths.push(line)
    else for (const item of parseList(line)) paths.push(...(await findPaths(item)))
  }
  return [...new Set(paths)]
}

async function findPaths(item: string): Promise<string[]> {
  if (await exists(item)) return [item]
  const { glob, isDynamicPattern } = await import('tinyglobby')
  // The error for a path that does not exist is reported when it is opened.
  if (!isDynamicPattern(item)) return [item]
  const pattern = process.platform === 'win32' ? item.replaceAll('\\', '/') : item
  const found = await glob(pattern, {
    absolute: isAbsolute(item),
    onlyFiles: false,
    expandDirectories: false
  })
  const paths = found.map((path) => path.replace(/\/$/, '')).filter((path) => path !== '')
  const matches = withoutContents(paths.sort())
  if (matches.length > 0) return matches
  throw problem({
    what: 'A pattern of the input "tar" does not match any file or directory',
    value: item,
    fix: 'Check the pattern and the working directory, for example with "ls -R".'
  })
}

/** Removes the paths inside of matched directories, because the directory of an OCI image layout is one archive. */
function withoutContents(sorted: readonly string[]): string[] {
  const matched = new Set(sorted)
  return sorted.filter((path) => {
    const parts = path.split('/')
    return !parts.some((_, at) => at > 0 && matched.has(parts.slice(0, at).join('/')))
  })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
