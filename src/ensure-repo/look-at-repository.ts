import {
  DescribeImagesCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand
} from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import { concernsResourceTags } from './desired-repository.js'
import type { DesiredRepository } from './desired-repository.js'

/** What a repository is, as far as it matters for what it should be. */
export interface ActualRepository {
  /** `undefined` where it does not exist. */
  readonly repository: Repository | undefined
  readonly resourceTags?: ReadonlyMap<string, string> | undefined
  /** `undefined` where it has none, or it does not matter. */
  readonly policyText?: string | undefined
  /** `true` where it is known to hold images. */
  readonly holdsImages?: boolean | undefined
}

/** Looks at what matters of a repository, with reading calls only. */
export async function lookAtRepository(
  repository: Repository | undefined,
  desired: DesiredRepository,
  api: EcrPublicApi
): Promise<ActualRepository> {
  if (repository === undefined) return { repository }
  if (desired.state === 'absent') {
    return desired.force
      ? { repository }
      : { repository, holdsImages: await holdsImages(repository, api) }
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
    if (isNamed(error, 'RepositoryPolicyNotFoundException')) return undefined
    throw error
  }
}

/** Who may not look into it still learns of images from the deletion, which the service then refuses. */
async function holdsImages(
  { registryId, repositoryName }: Repository,
  api: EcrPublicApi
): Promise<boolean> {
  try {
    const command = new DescribeImagesCommand({ registryId, repositoryName, maxResults: 1 })
    const { imageDetails = [], nextToken } = await api.send(command)
    return imageDetails.length > 0 || nextToken !== undefined
  } catch (error) {
    const isNoAnswer = ['AccessDeniedException', 'RepositoryNotFoundException'].some((name) =>
      isNamed(error, name)
    )
    if (isNoAnswer) return false
    throw error
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}
