import type { Repository } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { resolveNamedRepositories, throwMissing } from '../ecr-public/resolve-repositories.js'
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
}

/**
 * Resolves the input `repository` and reads what `tags` refer to now.
 *
 * @throws ActionError if the name is invalid, belongs to another registry, or is not the name of a repository
 */
export async function resolveTarget(
  repository: string,
  registryId: string | undefined,
  tags: readonly string[],
  deps: Pick<Deps, 'api' | 'log'>
): Promise<{ readonly target: PushTarget; readonly currentTags: readonly CurrentTag[] }> {
  const [resolved] = await resolveNamedRepositories([repository], deps, registryId)
  const { name, repository: found } = resolved ?? { name: repository, repository: undefined }
  const target = targetOf(name, found ?? throwMissing(name), registryId)
  return { target, currentTags: await listCurrentTags(tags, target.address, deps.api) }
}

function targetOf(
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
  const address = { ...(registryId === undefined ? {} : { registryId }), repositoryName: name }
  return { address, name, uri, host, path }
}
