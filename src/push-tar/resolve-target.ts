import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { resolveRepositoryNames } from '../ecr-public/resolve-repositories.js'
import type { Deps, EcrPublicApi } from '../runner/deps.js'
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
 * Resolves the input `repository` and reads what `tags` refer to now.
 *
 * @throws ActionError if the name is invalid or belongs to another registry
 * @throws RepositoryNotFoundException if the repository does not exist
 */
export async function resolveTarget(
  repository: string,
  registryId: string | undefined,
  tags: readonly string[],
  deps: Pick<Deps, 'api' | 'log'>
): Promise<{ readonly target: PushTarget; readonly currentTags: readonly CurrentTag[] }> {
  const [repositoryName = repository] = await resolveRepositoryNames([repository], deps, registryId)
  const address = { ...(registryId === undefined ? {} : { registryId }), repositoryName }
  const currentTags = listCurrentTags(tags, address, deps.api)
  // If both calls fail, the error about the repository is the one to report.
  currentTags.catch(() => undefined)
  const target = await describeTarget(address, deps.api)
  return { target, currentTags: await currentTags }
}

async function describeTarget(address: RepositoryAddress, api: EcrPublicApi): Promise<PushTarget> {
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
