import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand
} from '@aws-sdk/client-ecr-public'
import type { ImageDetail, ImageTagDetail, Registry, Repository } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import { listPages } from './pages.js'

/** The maximum number of rows per page (the API model's MaxResults). */
const MAX_RESULTS = 1000

/** The name of a repository. Without a registry ID it is in the caller's registry. */
export interface RepositoryAddress {
  readonly registryId?: string | undefined
  readonly repositoryName: string
}

/** Returns the caller's registries: one, or none before the first repository is created. */
export async function listRegistries(api: EcrPublicApi): Promise<Registry[]> {
  const registries: Registry[] = []
  const pages = listPages('registries', (nextToken) =>
    api.send(new DescribeRegistriesCommand({ nextToken }))
  )
  for await (const page of pages) registries.push(...(page.registries ?? []))
  return registries
}

/** Returns all repositories of a registry, page by page. */
export async function* listRepositories(
  api: EcrPublicApi,
  registryId: string | undefined
): AsyncGenerator<Repository[], void, undefined> {
  const pages = listPages('repositories', (nextToken) =>
    api.send(new DescribeRepositoriesCommand({ registryId, nextToken, maxResults: MAX_RESULTS }))
  )
  for await (const page of pages) yield page.repositories ?? []
}

/** Returns all images of a repository, including untagged ones, page by page. */
export async function* listImages(
  api: EcrPublicApi,
  repository: RepositoryAddress
): AsyncGenerator<ImageDetail[], void, undefined> {
  const pages = listPages(`images of ${repository.repositoryName}`, (nextToken) =>
    api.send(new DescribeImagesCommand({ ...repository, nextToken, maxResults: MAX_RESULTS }))
  )
  for await (const page of pages) yield page.imageDetails ?? []
}

/** Returns all tags of a repository with the time at which each was set, page by page. */
export async function* listImageTags(
  api: EcrPublicApi,
  repository: RepositoryAddress
): AsyncGenerator<ImageTagDetail[], void, undefined> {
  const pages = listPages(`tags of ${repository.repositoryName}`, (nextToken) =>
    api.send(new DescribeImageTagsCommand({ ...repository, nextToken, maxResults: MAX_RESULTS }))
  )
  for await (const page of pages) yield page.imageTagDetails ?? []
}
