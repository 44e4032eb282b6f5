import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import type { FileTree } from './file-tree.js'

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
    /\/(?:oci-layout|manifest\.json)$/,
    'The image is in a subdirectory of the archive. Create the archive with "tar -C DIRECTORY .".'
  ],
  [
    /\.(?:tar|tgz|tar\.gz|tar\.zst)$/,
    'The archive contains another archive. Extract it and push the inner archive.'
  ]
]

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
    fix: hint?.[1] ?? tree.hint
  })
}
