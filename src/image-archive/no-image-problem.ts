import { dirname, join } from 'node:path'
import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import type { FileTree } from './file-tree.js'

const ARCHIVE = /\.(?:tar|oci|tgz|tar\.gz|tar\.zst)$/

/** A file of an image in a subdirectory. */
const IMAGE_FILE = /\/(?:oci-layout|manifest\.json)$/

/** Files that show what an archive without an image is, and how to get an image archive. */
const HINTS: readonly (readonly [name: RegExp, fix: string])[] = [
  [
    /^repositories$/,
    'The archive was saved by Docker 1.9 or older. Load it with a newer version and save it again.'
  ],
  [
    /^(?:etc|usr|bin)(?:\/|$)/,
    'The archive looks like a root file system ("docker export"). Use "docker save" instead.'
  ],
  [
    IMAGE_FILE,
    'The image is in a subdirectory of the archive. Create the archive with "tar -C DIRECTORY .".'
  ],
  [ARCHIVE, 'The archive contains another archive. Extract it and push the inner archive.']
]

/** The maximum number of archives that an error lists. */
const MAX_LISTED_ARCHIVES = 5

/** Creates the error for an archive that does not contain an image. */
export async function noImageProblem(tree: FileTree): Promise<ActionError> {
  const names = await tree.listNames()
  const hint = HINTS.find(([name]) => names.some((each) => name.test(each)))
  return problem({
    what: 'The archive does not contain an image',
    value: tree.path,
    reason:
      names.length === 0
        ? 'The archive is empty.'
        : 'It contains neither manifest.json nor index.json.',
    expected: 'Use an archive from docker save, podman, skopeo or buildx, or an OCI image layout.',
    fix: (tree.isDirectory ? findArchives(tree.path, names) : undefined) ?? hint?.[1] ?? tree.hint
  })
}

/** Returns the line of the input `tar` for the archives in a directory, or `undefined` if there are none. */
function findArchives(path: string, names: readonly string[]): string | undefined {
  const directories = names.filter((name) => IMAGE_FILE.test(name)).map((name) => dirname(name))
  const found = new Set([...names.filter((name) => ARCHIVE.test(name)), ...directories])
  const [first, ...others] = [...found].sort()
  if (first === undefined) return undefined
  if (others.length === 0) return `Set "tar" to "${join(path, first)}".`
  const list = [first, ...others].slice(0, MAX_LISTED_ARCHIVES).join(', ')
  const pattern = join(path, patternOf(first))
  return `Set "tar" to one of the ${others.length + 1} archives in the directory (${list}), or to "${pattern}" for one image with the platforms of all of them.`
}

/** Returns the pattern for all archives with the same suffix at the same depth: `amd64/app.tar` is `*` + `/*.tar`. */
function patternOf(name: string): string {
  const depth = name.split('/').length
  return [...Array<string>(depth - 1).fill('*'), `*${ARCHIVE.exec(name)?.[0] ?? ''}`].join('/')
}
