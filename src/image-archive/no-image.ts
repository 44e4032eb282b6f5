import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import type { FileTree } from './file-tree.js'

/** What an archive without an image looks like, and what to do about it. */
const LOOKS: readonly (readonly [name: RegExp, fix: string])[] = [
  [
    /^repositories$/,
    'it is of a Docker older than 1.10: load it with a newer one and save it again'
  ],
  [
    /^(?:etc|usr|bin)(?:\/|$)/,
    'it looks like a root file system ("docker export"): write it with "docker save"'
  ],
  [
    /\/(?:oci-layout|manifest\.json)$/,
    'it has the image in a directory: write it with tar -C DIRECTORY .'
  ],
  [/\.(?:tar|tgz|tar\.gz|tar\.zst)$/, 'it has an archive in it: unpack it and push what is inside']
]

/** The error for an archive that holds no image, with what it looks like instead. */
export async function explainNoImage(tree: FileTree): Promise<ActionError> {
  const names = await tree.listNames()
  const look = LOOKS.find(([name]) => names.some((each) => name.test(each)))
  return problem({
    what: `There is no image in the archive: ${names.length === 0 ? 'it is empty' : 'it has neither manifest.json nor index.json'}`,
    value: tree.path,
    expected: 'an archive of docker save, podman, skopeo, buildx, …, or an OCI layout',
    fix: look?.[1] ?? (tree.hint === '' ? undefined : tree.hint)
  })
}
