import { ActionError } from '../runner/errors.js'
import { listArchiveImages } from './list-archive-images.js'
import type { ArchiveImages } from './list-archive-images.js'
import { chooseImage } from './choose-image.js'
import type { ChosenImage } from './choose-image.js'
import type { ArchiveContents } from './contents.js'
import { loadDockerImage } from './docker/docker-archive.js'
import type { DockerEntry } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { isDirectory, openDirectoryTree } from './directory-tree.js'
import { listDigests } from './list-digests.js'
import { openLocalFile } from './local-file.js'
import { digestOfConfigName } from './oci/blob.js'
import { checkLayerTypes } from './oci/check-layer-types.js'
import { describeOtherTypes } from './oci/describe-other-types.js'
import { createGraphLoader, isComplete } from './oci/oci-graph.js'
import type { Loaded, LoadGraph } from './oci/oci-graph.js'
import {
  choosePlatforms,
  findCompressibleImage,
  hasUncompressedLayers,
  looksLikeImage,
  toStoredImage
} from './oci/oci-image.js'
import { selectReferrers } from './oci/select-referrers.js'
import type { SelectedReferrers } from './oci/select-referrers.js'
import { openTarTree } from './tar/tar-tree.js'
import { decompressArchive } from './compression/decompress-archive.js'
import type { DecompressArchiveOptions } from './compression/decompress-archive.js'

const REFERRERS_WARNING =
  'The referrers of the image (such as signatures) are not pushed: the image has uncompressed layers, and compressing them changes its digest.'

const UNCOMPRESSED_WARNING =
  'The image has uncompressed layers, which are pushed without compression. AWS Lambda does not support such images.'

/** How to fix any archive that is malformed. */
const NEW_ARCHIVE = 'Create or download the archive again.'

const NO_REFERRERS = { referrers: [], referrerTags: [] }

/** How archives are opened. */
export interface OpenArchivesOptions extends DecompressArchiveOptions {
  /** The input `archive-image`. */
  readonly archiveImage?: string | undefined
}

/**
 * Opens image archives and finds the image to push in each. Supported are archives of docker save, podman, skopeo,
 * buildah, buildx, kaniko, bazel, nix and jib, and OCI image layouts (a tar file or a directory). A tar file can be
 * uncompressed or compressed with gzip or zstd. Everything except the bytes of the layers is checked.
 *
 * An index that is not complete in its archive is completed from the other archives. `ctr images export --platform`
 * writes the whole index with the content of one platform.
 *
 * @throws ActionError if an archive is malformed or does not contain the whole image
 */
export async function openArchives(
  paths: readonly string[],
  options: OpenArchivesOptions
): Promise<ArchiveContents[]> {
  const trees: FileTree[] = []
  try {
    for (const path of paths) {
      trees.push(await completeErrors(path, () => openTree(path, options)))
    }
    const contents: ArchiveContents[] = []
    for (const tree of trees) {
      const others = trees.filter((each) => each !== tree)
      contents.push(await completeErrors(tree.path, () => readArchive(tree, others, options)))
    }
    return contents
  } catch (error) {
    for (const tree of trees) await tree.close()
    throw error
  }
}

/** Adds the path of an archive and how to fix it to an error that does not contain them. */
async function completeErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    const isNamed = error.message.includes(path)
    if (isNamed && error.hasFix) throw error
    const named = isNamed ? error.message : `In the archive ${path}: ${error.message}`
    throw new ActionError(error.hasFix ? named : `${named} ${NEW_ARCHIVE}`, { cause: error })
  }
}

async function readArchive(
  tree: FileTree,
  others: readonly FileTree[],
  { archiveImage }: OpenArchivesOptions
): Promise<ArchiveContents> {
  const load = createGraphLoader(tree)
  const listed = await listArchiveImages(tree, load)
  const chosen = await chooseImage(listed.images, archiveImage, tree, load)
  const { root, warnings } = await loadRoot(chosen, tree, others, load)
  const { incomplete, ...selected } = await selectReferrers(digestsOf(root, chosen), listed, load)
  const changesDigest = root.kind === 'docker-image' && selected.referrers.length > 0
  return {
    root,
    ...(changesDigest ? NO_REFERRERS : selected),
    tags: chosen.image.tags,
    otherNames: chosen.image.otherNames,
    warnings: [
      ...warnings,
      ...warnAboutOtherTypes(listed.otherTypes),
      ...incomplete.map(incompleteWarning),
      ...(changesDigest ? [REFERRERS_WARNING] : listLeftOut(selected, incomplete, listed))
    ],
    close: () => tree.close()
  }
}

/** Returns a warning about content of the archive that is not pushed because its media type is not supported. */
function warnAboutOtherTypes(mediaTypes: ArchiveImages['otherTypes']): string[] {
  if (mediaTypes.length === 0) return []
  const { list, fix } = describeOtherTypes(mediaTypes)
  const warning = `The file index.json of the archive also lists ${list}. This content is not supported and not pushed.`
  return [fix === undefined ? warning : `${warning} ${fix}`]
}

function incompleteWarning(digest: string): string {
  return `The referrer ${digest} of the image, such as a signature, is not pushed, because the archive does not contain all of its blobs. Create the archive again.`
}

/** Returns a warning for each signature of the archive that is not pushed, because its image is not. */
function listLeftOut(
  { referrerTags }: Pick<SelectedReferrers, 'referrerTags'>,
  incomplete: readonly string[],
  { taggedReferrers }: ArchiveImages
): string[] {
  return taggedReferrers
    .filter(({ descriptor }) => !incomplete.includes(descriptor.digest))
    .filter(({ tag }) => !referrerTags.some((selected) => selected.tag === tag))
    .map(({ tag }) => `The tag ${tag} of the archive is not pushed, because its image is not.`)
}

/** Returns the digests that referrers in the archive can have as their subject. */
function digestsOf(
  root: ArchiveContents['root'],
  { image, platformImage }: ChosenImage
): readonly string[] {
  if (root.kind !== 'docker-image') return listDigests(root)
  const stored = platformImage?.descriptor ?? image.oci?.descriptor
  return stored === undefined ? [] : [stored.digest]
}

async function openTree(path: string, options: DecompressArchiveOptions): Promise<FileTree> {
  options.signal.throwIfAborted()
  if (await isDirectory(path)) return openDirectoryTree(path)
  let file = await openLocalFile(path)
  try {
    file = await decompressArchive(file, options)
    return await openTarTree(file, path, options.signal)
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Loads the chosen image. A complete OCI image is pushed as stored, so that its digest does not change. Uncompressed
 * layers are compressed if possible, because AWS Lambda does not support images with uncompressed layers.
 */
async function loadRoot(
  { image, platformImage }: ChosenImage,
  tree: FileTree,
  others: readonly FileTree[],
  load: LoadGraph
): Promise<Pick<ArchiveContents, 'root' | 'warnings'>> {
  const { oci, docker } = image
  if (oci === undefined) {
    if (docker === undefined) throw new Error('The image is not listed in the archive.')
    return loadDockerRoot(tree, docker)
  }
  const whole = platformImage ?? (await load(oci.descriptor, oci.bytes))
  const isOneImage = whole.kind !== 'index' && platformImage === undefined
  // `manifest.json` does not contain annotations. It lists only images, so the config of another one is reported.
  const isInDocker =
    !isComplete(whole) ||
    looksLikeImage(whole) ||
    (hasUncompressedLayers(whole) && !hasAnnotations(whole))
  if (docker !== undefined && isOneImage && isInDocker) {
    return loadDockerRoot(tree, docker)
  }
  const { loaded, warnings } = choosePlatforms(
    whole,
    await completeIndex(whole, tree, others),
    tree
  )
  await checkLayerTypes(loaded, tree.path)
  if (!hasUncompressedLayers(loaded)) return { root: toStoredImage(loaded), warnings }
  const compressible =
    loaded.kind === 'manifest' ? await findCompressibleImage(loaded, tree.path) : undefined
  if (compressible !== undefined) return { root: compressible, warnings }
  return { root: toStoredImage(loaded), warnings: [...warnings, UNCOMPRESSED_WARNING] }
}

/**
 * Loads an image of `manifest.json`. A config with another digest than its file name is pushed with a warning, because
 * `docker load` accepts it and some programs write it (see `digestOfConfigName`).
 */
async function loadDockerRoot(
  tree: FileTree,
  entry: DockerEntry
): Promise<Pick<ArchiveContents, 'root' | 'warnings'>> {
  const root = await loadDockerImage(tree, entry)
  const named = digestOfConfigName(entry.config)
  if (named === undefined || named === root.config.digest) return { root, warnings: [] }
  const warning = `The config of the image does not have the digest in its file name: "${entry.config}". Its digest is ${root.config.digest}. If the archive was not edited after it was created, the config can be damaged. Check the image, or create the archive again with "docker save".`
  return { root, warnings: [warning] }
}

/** Loads an incomplete index again, with the blobs of all archives. A blob has the name of its digest in each of them. */
async function completeIndex(
  whole: Loaded,
  tree: FileTree,
  others: readonly FileTree[]
): Promise<Loaded> {
  if (whole.kind !== 'index' || others.length === 0 || isComplete(whole)) return whole
  const find: FileTree['find'] = async (name) => {
    for (const each of [tree, ...others]) {
      const content = await each.find(name)
      if (content !== undefined) return content
    }
    return undefined
  }
  return createGraphLoader({ ...tree, find })(whole.descriptor, whole.bytes)
}

function hasAnnotations(loaded: Loaded): boolean {
  return loaded.kind === 'manifest' && loaded.manifest.annotations !== undefined
}
