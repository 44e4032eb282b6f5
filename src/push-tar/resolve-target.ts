import type { Repository } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { createPredictor } from '../ecr-public/predict-repository.js'
import { resolveNamedRepositories, throwMissing } from '../ecr-public/resolve-repositories.js'
import type { ResolvedRepository } from '../ecr-public/resolve-repositories.js'
import { isRepositoryName, parseRepositoryReference } from '../ecr-public/repository-names.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import { listCurrentTags } from './list-current-tags.js'
import type { CurrentTag } from './list-current-tags.js'

/** The repository to push to. */
export interface PushTarget {
  readonly address: RepositoryAddress
  readonly name: string
  /** `public.ecr.aws/alias/name`. */
  readonly uri: string
  /** The registry host. */
  readonly host: string
  /** The path below the host, `alias/name`. */
  readonly path: string
  /** `false` in a dry run for a repository that does not exist yet. */
  readonly exists: boolean
}

/**
 * Resolves the input `repository` and reads what `tags` refer to now. In a dry run, a repository that does not exist is
 * an empty one.
 *
 * @param repository the input, or the repository that it names if it was resolved before
 * @throws ActionError if the name is invalid, belongs to another registry, or is not the name of a repository
 */
export async function resolveTarget(
  repository: string | ResolvedRepository,
  registryId: string | undefined,
  tags: readonly string[],
  dryRun: boolean,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<{ readonly target: PushTarget; readonly currentTags: readonly CurrentTag[] }> {
  // Most repositories are given by their name, so their tags can be read before the name is confirmed.
  const early = findName(repository)
  const earlyTags =
    early === undefined ? undefined : listCurrentTags(tags, addressOf(early, registryId), deps.api)
  earlyTags?.catch(() => undefined)
  const { name, repository: found } = await resolve(repository, registryId, deps)
  if (found === undefined && dryRun) {
    const target = await predictTarget(name, registryId, deps)
    return { target, currentTags: tags.map((tag) => ({ tag, digest: undefined })) }
  }
  const target = targetOf(name, found ?? throwMissing(name), registryId)
  const isEarly = earlyTags !== undefined && name === early
  return {
    target,
    currentTags: await (isEarly ? earlyTags : listCurrentTags(tags, target.address, deps.api))
  }
}

async function resolve(
  repository: string | ResolvedRepository,
  registryId: string | undefined,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<ResolvedRepository> {
  if (typeof repository !== 'string') return repository
  const [resolved] = await resolveNamedRepositories([repository], deps, registryId)
  return resolved ?? { name: repository, repository: undefined }
}

/** Returns the name of a resolved repository, or the text if it has the form of a name, without a registry host. */
function findName(repository: string | ResolvedRepository): string | undefined {
  if (typeof repository !== 'string') return repository.name
  const isName =
    isRepositoryName(repository) && parseRepositoryReference(repository).host === undefined
  return isName ? repository : undefined
}

async function predictTarget(
  name: string,
  registryId: string | undefined,
  { api, log }: Pick<Deps, 'api' | 'log'>
): Promise<PushTarget> {
  log.warning(
    `The repository ${name} does not exist. The dry run treats it as empty. Create it before the push, for example with mode ensure-repo.`
  )
  const predict = await createPredictor(api, registryId)
  const predicted = predict(name)
  if (predicted !== undefined) return { ...targetOf(name, predicted, registryId), exists: false }
  const address = addressOf(name, registryId)
  return { address, name, uri: name, host: '', path: name, exists: false }
}

/**
 * Returns the target of a repository that exists.
 *
 * @throws ActionError if its URI does not have the form of a repository URI
 */
export function targetOf(
  name: string,
  { repositoryUri: uri }: Repository,
  registryId: string | undefined
): PushTarget {
  const [, host, path] = /^([^/]+)\/(.+)$/.exec(uri ?? '') ?? []
  if (uri === undefined || host === undefined || path === undefined) {
    throw problem({
      what: `ECR Public returned an invalid URI for the repository ${name}`,
      value: uri ?? 'none',
      expected: 'A repository URI has the form "public.ecr.aws/<alias>/<name>".'
    })
  }
  return { address: addressOf(name, registryId), name, uri, host, path, exists: true }
}

function addressOf(name: string, registryId: string | undefined): RepositoryAddress {
  return { ...(registryId === undefined ? {} : { registryId }), repositoryName: name }
}
