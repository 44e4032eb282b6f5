import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { sha256Digest } from '../oci/digest.js'
import type { Candidate, Candidates } from './candidates.js'
import { readConfig } from './docker/docker-archive.js'
import type { FileTree } from './file-tree.js'
import { findNode } from './oci/oci-graph.js'
import type { Loaded, LoadGraph } from './oci/oci-graph.js'
import { parseReference } from '../oci/reference.js'
import type { Reference } from '../oci/reference.js'

/** The most images that an error lists. */
const MAX_LISTED = 20

/** Which image of an archive is pushed. */
export interface Choice {
  readonly candidate: Candidate
  /** The part of the image that was asked for by its digest: one platform. */
  readonly part?: Loaded | undefined
}

/**
 * The only image, or the one that `wanted` names: by its reference (whole, or as short as Docker takes it),
 * by its place in the archive (`#0` is the first), or by a digest: of its manifest, of its config (the
 * image ID), or of the manifest of one of its platforms.
 *
 * @throws ActionError, listing the images, where none or several are meant
 */
export async function chooseImage(
  { images }: Candidates,
  wanted: string | undefined,
  tree: FileTree,
  load: LoadGraph
): Promise<Choice> {
  const [only, second] = images
  if (wanted === undefined) {
    if (only !== undefined && second === undefined) return { candidate: only }
    throw listing(`${tree.path} holds ${images.length} images`, undefined, images)
  }
  if (/^sha256:[0-9a-f]{64}$/.test(wanted)) {
    const choice = await findByDigest(images, wanted, tree, load)
    if (choice !== undefined) return choice
  }
  const matching = matchImages(images, wanted)
  const [first] = matching
  if (first !== undefined && matching.length === 1) return { candidate: first }
  const what = matching.length > 1 ? 'names several images' : 'names no image'
  throw listing(`Input "archive-image" ${what} of ${tree.path}`, wanted, images)
}

/** The images that a reference or `#n` means; the most exact way of reading it counts. */
export function matchImages(images: readonly Candidate[], wanted: string): readonly Candidate[] {
  const place = /^#([0-9]{1,6})$/.exec(wanted)?.[1]
  if (place !== undefined) return images.slice(Number(place), Number(place) + 1)
  const exact = images.filter((image) => image.references.includes(wanted))
  if (exact.length > 0) return exact
  const reference = parseReference(wanted)
  if (reference === undefined) return []
  const withTag = { ...reference, tag: reference.tag ?? 'latest' }
  const tagged = images.filter((image) => hasReference(image, withTag))
  if (tagged.length > 0 || reference.tag !== undefined) return tagged
  return images.filter((image) => hasReference(image, reference))
}

function hasReference(image: Candidate, wanted: Reference): boolean {
  const repositories = [
    wanted.repository,
    // podman's name for what was built here.
    wanted.repository.replace(/^docker\.io\/(?:library\/)?/, 'localhost/')
  ]
  return image.references.some((name) => {
    const reference = parseReference(name)
    if (reference === undefined) return false
    const isTag = wanted.tag === undefined || (reference.tag ?? 'latest') === wanted.tag
    return isTag && repositories.includes(reference.repository)
  })
}

async function findByDigest(
  images: readonly Candidate[],
  digest: string,
  tree: FileTree,
  load: LoadGraph
): Promise<Choice | undefined> {
  for (const candidate of images) {
    const { oci, docker } = candidate
    if (oci?.descriptor.digest === digest) return { candidate }
    if (docker !== undefined && sha256Digest(await readConfig(tree, docker)) === digest) {
      return { candidate }
    }
    if (oci === undefined) continue
    const loaded = await load(oci.descriptor, oci.bytes)
    const part = findNode(loaded, digest)
    if (part !== undefined) return { candidate, part }
    if (loaded.kind === 'manifest' && loaded.manifest.config.digest === digest) return { candidate }
  }
  return undefined
}

function listing(
  what: string,
  value: string | undefined,
  images: readonly Candidate[]
): ActionError {
  const names = images.slice(0, MAX_LISTED).map((image, at) => {
    const name = image.references.join(' or ') || describeUntagged(image)
    return `#${at} ${name}`
  })
  if (images.length > MAX_LISTED) names.push(`… and ${images.length - MAX_LISTED} more`)
  return problem({
    what,
    value,
    expected: names.join(', '),
    fix: 'choose one with the input "archive-image"'
  })
}

function describeUntagged(image: Candidate): string {
  const id = image.oci?.descriptor.digest ?? image.docker?.config ?? ''
  return `without a name (${id})`
}
