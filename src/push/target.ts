import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { resolveRepositoryNames } from '../ecr-public/resolve-repositories.js'
import { problem } from '../errors.js'
import type { PushTarInputs } from '../inputs.js'

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

/** The repository of the inputs. @throws the service's RepositoryNotFoundException where there is none */
export async function getPushTarget(
  inputs: Pick<PushTarInputs, 'repository' | 'registryId'>,
  deps: Pick<Deps, 'api' | 'log'>
): Promise<PushTarget> {
  const { registryId } = inputs
  const [name = inputs.repository] = await resolveRepositoryNames(
    [inputs.repository],
    deps,
    registryId
  )
  const { repositories } = await deps.api.send(
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
  const address = registryId === undefined ? {} : { registryId }
  return { address: { ...address, repositoryName: name }, name, uri, host, path }
}
