import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { resolveRepositoryNames } from '../ecr-public/resolve-repositories.js'
import { problem } from '../runner/errors.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'

/** The repository that is pushed to. */
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
 * Where the inputs say to push. The service is asked only where the name could begin with an alias.
 *
 * @throws ActionError for a name that the service would refuse
 */
export async function getPushAddress(
  inputs: Pick<PushTarInputs, 'repository' | 'registryId'>,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<RepositoryAddress> {
  const { repository, registryId } = inputs
  const [repositoryName = repository] = await resolveRepositoryNames([repository], deps, registryId)
  return { ...(registryId === undefined ? {} : { registryId }), repositoryName }
}

/** The repository at this address. @throws the service's RepositoryNotFoundException where there is none */
export async function getPushTarget(
  address: RepositoryAddress,
  { api }: Pick<Deps, 'api'>
): Promise<PushTarget> {
  const { registryId, repositoryName: name } = address
  const { repositories } = await api.send(
    new DescribeRepositoriesCommand({ registryId, repositoryNames: [name] })
  )
  const uri = repositories?.[0]?.repositoryUri
  const [, host, path] = /^([^/]+)\/(.+)$/.exec(uri ?? '') ?? []
  if (uri === undefined || host === undefined || path === undefined) {
    throw problem({
      what: `The service gives no usable URI of repository ${name}`,
      value: uri ?? 'none'
    })
  }
  return { address, name, uri, host, path }
}
