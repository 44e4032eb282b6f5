import { parseRepositoryReference } from '../../ecr-public/repository-names.js'
import { resolveNamedReferences, throwMissing } from '../../ecr-public/resolve-repositories.js'
import type { ResolvedRepository } from '../../ecr-public/resolve-repositories.js'
import type { Deps } from '../../runner/deps.js'
import { problem } from '../../runner/errors.js'
import type { PushTarInputs } from '../../runner/inputs/inputs.js'
import { findDigest } from '../list-current-tags.js'
import type { ArchiveContents } from '../../image-archive/contents.js'
import type { ImageToPush } from '../push-plan.js'
import { targetOf } from '../resolve-target.js'
import type { PushTarget } from '../resolve-target.js'
import { findSourceReferrers } from './find-source-referrers.js'
import { parseSourceReference } from './parse-source-reference.js'
import { createSourceLoader } from './source-graph.js'
import type { StoredImage } from './source-graph.js'

/** The image to promote, in the form of an image of an archive without tags. */
export interface SourceImage
  extends ImageToPush, Pick<ArchiveContents, 'tags' | 'otherNames' | 'close'> {
  /** The repository of the input `repository`. */
  readonly repository: ResolvedRepository
}

/**
 * Reads the manifests of the image to promote. Its tag is read once, and everything else by digest, so that a tag that
 * moves meanwhile does not mix two images.
 *
 * @param from the input `from`
 * @throws ActionError if the image does not exist, is not complete, or is in another registry
 */
export async function openSourceImage(
  from: string,
  { repository, registryId }: Pick<PushTarInputs, 'repository' | 'registryId'>,
  deps: Pick<Deps, 'api' | 'log' | 'openRegistry'>
): Promise<SourceImage> {
  const reference = parseSourceReference(from)
  const resolved = await resolveNamedReferences(
    [parseRepositoryReference(repository), parseRepositoryReference(reference.repository, 'from')],
    deps,
    registryId
  )
  // A repository that both inputs name is returned once.
  const [into, other] = resolved
  if (into === undefined) throw new Error('The repository of the input is not resolved.')
  const { name, repository: found } = other ?? into
  const source = targetOf(name, found ?? throwMissing(name, 'from'), registryId)
  const digest = await getDigest(reference.tagOrDigest, source, deps)
  const registry = await deps.openRegistry(source.host)
  const repositoryToRead = { registry, path: source.path, address: source.address }
  const load = createSourceLoader(repositoryToRead)
  const root = await load(digest)
  if (root === undefined) throw notServed(source, digest)
  deps.log.info(`Promoting ${source.uri}@${digest}`)
  // In its own repository, an image keeps its referrers.
  const related =
    other === undefined ? {} : await findSourceReferrers(root, repositoryToRead, load, deps)
  return {
    root,
    ...related,
    isInSource: async (each) => (await findDigest(each, source.address, deps.api)) === each,
    repository: into,
    tags: [],
    otherNames: [],
    close: () => Promise.resolve()
  }
}

async function getDigest(
  tagOrDigest: string,
  source: PushTarget,
  { api }: Pick<Deps, 'api'>
): Promise<string> {
  const digest = await findDigest(tagOrDigest, source.address, api)
  if (digest !== undefined) return digest
  throw problem({
    what: 'The image to promote does not exist',
    value: `${source.name}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`,
    fix: 'Check the input "from", or push the image first.'
  })
}

function notServed({ uri }: PushTarget, digest: StoredImage['digest']): Error {
  return problem({
    what: 'The image to promote cannot be pulled yet',
    value: `${uri}@${digest}`,
    reason: 'The API returned the image, but the registry does not serve it.',
    fix: 'Run the step again, or set "wait: true" in the step that pushes the image.'
  })
}
