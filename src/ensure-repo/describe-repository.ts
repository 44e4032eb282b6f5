import {
  DescribeImagesCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand
} from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed } from '../runner/errors.js'
import { concernsResourceTags } from './desired-repository.js'
import type { DesiredRepository } from './desired-repository.js'

/** The current state of a repository, without the properties that the desired state does not include. */
export interface ActualRepository {
  /** `undefined` if the repository does not exist. */
  readonly repository: Repository | undefined
  readonly resourceTags?: ReadonlyMap<string, string> | undefined
  /** `undefined` if the repository does not have a policy, or the desired state does not include one. */
  readonly policyText?: string | undefined
  /** `true` if the repository is known to contain images. */
  readonly containsImages?: boolean | undefined
}

/** Reads the current state of a repository, as far as the desired state requires it. */
export async function describeRepository(
  repository: Repository | undefined,
  desired: DesiredRepository,
  api: EcrPublicApi
): Promise<ActualRepository> {
  if (repository === undefined) return { repository }
  if (desired.state === 'absent') {
    return desired.force
      ? { repository }
      : { repository, containsImages: await containsImages(repository, api) }
  }
  const [resourceTags, policyText] = await Promise.all([
    concernsResourceTags(desired) ? readResourceTags(repository, api) : undefined,
    desired.policy === undefined ? undefined : findPolicyText(repository, api)
  ])
  return { repository, resourceTags, policyText }
}

async function readResourceTags(
  { repositoryArn }: Repository,
  api: EcrPublicApi
): Promise<Map<string, string>> {
  const { tags = [] } = await api.send(
    new ListTagsForResourceCommand({ resourceArn: repositoryArn })
  )
  return new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}

async function findPolicyText(
  { registryId, repositoryName }: Repository,
  api: EcrPublicApi
): Promise<string | undefined> {
  try {
    const command = new GetRepositoryPolicyCommand({ registryId, repositoryName })
    return (await api.send(command)).policyText
  } catch (error) {
    if (isErrorNamed(error, 'RepositoryPolicyNotFoundException')) return undefined
    throw error
  }
}

/** Returns `false` if the caller cannot list images: the service rejects the deletion if there are any. */
async function containsImages(
  { registryId, repositoryName }: Repository,
  api: EcrPublicApi
): Promise<boolean> {
  try {
    const command = new DescribeImagesCommand({ registryId, repositoryName, maxResults: 1 })
    const { imageDetails = [], nextToken } = await api.send(command)
    return imageDetails.length > 0 || nextToken !== undefined
  } catch (error) {
    if (isErrorNamed(error, 'AccessDeniedException', 'RepositoryNotFoundException')) return false
    throw error
  }
}
