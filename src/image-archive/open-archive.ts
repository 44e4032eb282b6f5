import { listCandidates } from './candidates.js'
import { chooseImage } from './choose-image.js'
import type { Choice } from './choose-image.js'
import type { ArchiveContents } from './contents.js'
import { loadDockerImage } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { isDirectory, openDirectoryTree } from './directory-tree.js'
import { openLocalFile } from './local-file.js'
import { createGraphLoader, isComplete } from './oci/oci-graph.js'
import type { Loaded, LoadGraph } from './oci/oci-graph.js'
import { choosePlatforms, findPlainImage, hasPlainLayers, storedImage } from './oci/oci-image.js'
import { listDigests, listReferrers } from './oci/referrers.js'
import { openTarTree } from './tar/tar-tree.js'
import { unpack } from './compression/unpack.js'
import type { UnpackOptions } from './compression/unpack.js'

const LOSES_REFERRERS =
  'Signatures and what else refers to the image are left out: its layers are compressed on their way, so that its digest is another'

/** How an archive is opened. */
export interface OpenArchiveOptions extends UnpackOptions {
  /** The input `archive-image`. */
  readonly archiveImage?: string | undefined
}

/**
 * Opens an image archive of any kind (docker save of all versions, podman, skopeo, buildah, buildx, kaniko,
 * bazel, nix, jib, an OCI layout as tar or as directory; plain, gzip or zstd) and finds the one image in it
 * that is to be pushed. Layers are not read; all that can be checked without reading them is checked.
 *
 * @throws ActionError, naming the file and the place in it, where the archive is malformed, or does not
 *   hold all of the image
 */
export async function openArchive(
  path: string,
  options: OpenArchiveOptions
): Promise<ArchiveContents> {
  const tree = await openTree(path, options)
  try {
    const load = createGraphLoader(tree)
    const candidates = await listCandidates(tree, load)
    const choice = await chooseImage(candidates, options.archiveImage, tree, load)
    const { root, warnings } = await loadRoot(choice, tree, load)
    const digests = digestsOf(root, choice)
    const referrers = await listReferrers(digests, candidates.companions, load)
    const isRewritten = root.kind === 'docker-image' && referrers.length > 0
    return {
      root,
      referrers: isRewritten ? [] : referrers,
      tags: choice.candidate.tags,
      warnings: isRewritten ? [...warnings, LOSES_REFERRERS] : warnings,
      close: () => tree.close()
    }
  } catch (error) {
    await tree.close()
    throw error
  }
}

/** The digests by which the archive may refer to the image. */
function digestsOf(root: ArchiveContents['root'], { candidate, part }: Choice): readonly string[] {
  if (root.kind !== 'docker-image') return listDigests(root)
  const stored = part?.descriptor ?? candidate.oci?.descriptor
  return stored === undefined ? [] : [stored.digest]
}

async function openTree(path: string, options: UnpackOptions): Promise<FileTree> {
  options.signal.throwIfAborted()
  if (await isDirectory(path)) return openDirectoryTree(path)
  let file = await openLocalFile(path)
  try {
    file = await unpack(file, options)
    return await openTarTree(file, path, options.signal)
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * A complete OCI image goes as it is stored, so that its digest stays the one that the builder printed.
 * One with uncompressed layers goes as `manifest.json` tells, or as its own manifest tells: what runs
 * images from registries (AWS Lambda) does not always take layers that are not compressed.
 */
async function loadRoot(
  { candidate, part }: Choice,
  tree: FileTree,
  load: LoadGraph
): Promise<Pick<ArchiveContents, 'root' | 'warnings'>> {
  const { oci, docker } = candidate
  if (oci === undefined) {
    if (docker === undefined) throw new Error('an image that nothing lists')
    return { root: await loadDockerImage(tree, docker), warnings: [] }
  }
  const whole = part ?? (await load(oci.descriptor, oci.bytes))
  // `manifest.json` has no annotations.
  const isOneImage = whole.kind !== 'index' && part === undefined
  const isInDocker = !isComplete(whole) || (hasPlainLayers(whole) && !hasAnnotations(whole))
  if (docker !== undefined && isOneImage && isInDocker) {
    return { root: await loadDockerImage(tree, docker), warnings: [] }
  }
  const { loaded, warnings } = choosePlatforms(whole, tree)
  if (!hasPlainLayers(loaded)) return { root: storedImage(loaded), warnings }
  const plain = loaded.kind === 'manifest' ? await findPlainImage(loaded) : undefined
  if (plain !== undefined) return { root: plain, warnings }
  return {
    root: storedImage(loaded),
    warnings: [
      ...warnings,
      'The image has uncompressed layers, which are pushed as they are: AWS Lambda takes no such image'
    ]
  }
}

function hasAnnotations(loaded: Loaded): boolean {
  return loaded.kind === 'manifest' && loaded.manifest.annotations !== undefined
}
