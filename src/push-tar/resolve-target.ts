import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import { listRegistries } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { resolveRepositoryNames } from '../ecr-public/resolve-repositories.js'
import type { Deps, EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
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
 * Resolves the input `repository` and reads what `tags` refer to now.
 *
 * @throws ActionError if the name is invalid or belongs to another registry
 * @throws RepositoryNotFoundException if the repository does not exist, except in a dry run
 */
export async function resolveTarget(
  repository: string,
  registryId: string | undefined,
  tags: readonly string[],
  dryRun: boolean,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<{ readonly target: PushTarget; readonly currentTags: readonly CurrentTag[] }> {
  const [repositoryName = repository] = await resolveRepositoryNames([repository], deps, registryId)
  const address = { ...(registryId === undefined ? {} : { registryId }), repositoryName }
  const currentTags = listCurrentTags(tags, address, deps.api)
  // If both calls fail, the error about the repository is the one to report.
  currentTags.catch(() => undefined)
  const target = await findTarget(address, dryRun, deps)
  if (target.exists) return { target, currentTags: await currentTags }
  return { target, currentTags: tags.map((tag) => ({ tag, digest: undefined })) }
}

/** Reads the URI of a repository. In a dry run, a repository that does not exist is an empty one. */
async function findTarget(
  address: RepositoryAddress,
  dryRun: boolean,
  { api, log }: Pick<Deps, 'api' | 'log'>
): Promise<PushTarget> {
  try {
    return await describeTarget(address, api)
  } catch (error) {
    if (!dryRun || !isErrorNamed(error, 'RepositoryNotFoundException')) throw error
    const { repositoryName: name } = address
    log.warning(
      `The repository ${name} does not exist. The dry run treats it as empty. Create it before the push, for example with mode ensure-repo.`
    )
    const uri = await findFutureUri(name, api)
    const [host = '', ...path] = uri === name ? ['', name] : uri.split('/')
    return { address, name, uri, host, path: path.join('/'), exists: false }
  }
}

/** Returns the URI that a repository of the caller's registry will have, or its name if the registry is not known. */
async function findFutureUri(name: string, api: EcrPublicApi): Promise<string> {
  try {
    const [registry] = await listRegistries(api)
    return registry?.registryUri === undefined ? name : `${registry.registryUri}/${name}`
  } catch (error) {
    if (isErrorNamed(error, 'AccessDeniedException')) return name
    throw error
  }
}

/** Reads the URI of a repository. @throws RepositoryNotFoundException if it does not exist */
export async function describeTarget(
  address: RepositoryAddress,
  api: EcrPublicApi
): Promise<PushTarget> {
  const { registryId, repositoryName: name } = address
  const { repositories } = await api.send(
    new DescribeRepositoriesCommand({ registryId, repositoryNames: [name] })
  )
  const uri = repositories?.[0]?.repositoryUri
  const [, host, path] = /^([^/]+)\/(.+)$/.exec(uri ?? '') ?? []
  if (uri === undefined || host === undefined || path === undefined) {
    throw problem({
      what: `ECR Public returned an invalid URI for the repository ${name}`,
      value: uri ?? 'none',
      expected: 'A repository URI has the form "public.ecr.aws/<alias>/<name>".'
    })
  }
  return { address, name, uri, host, path, exists: true }
}
