import { getPage } from '../paging/get-page.js'
import { describeRepository } from './describe-repository.js'
import { checkRegistryId, getRepository, rejectPaging } from './operation.js'
import type { Operation } from './operation.js'

/**
 * DescribeRepositories returns the requested repositories, all of which must exist, or lists all
 * repositories in pages.
 */
export const describeRepositories: Operation<'DescribeRepositories'> = (input, call) => {
  const { context, operation } = call
  const { registryId, repositoryNames, nextToken, maxResults } = input
  if (repositoryNames !== undefined) {
    rejectPaging(input, 'repositoryNames')
    const repositories = [...new Set(repositoryNames)].map((repositoryName) =>
      describeRepository(getRepository(call, { registryId, repositoryName }), call)
    )
    return { repositories }
  }
  checkRegistryId(call, registryId)
  const page = getPage(context, context.store.repositories, {
    list: operation,
    nextToken,
    maxResults
  })
  return {
    repositories: page.items.map((repository) => describeRepository(repository, call)),
    nextToken: page.nextToken
  }
}
