import { invalidParameter } from '../api-error.js'
import { takePage } from '../paging/take-page.js'
import { describeRepository } from './describe-repository.js'
import { foreignRegistry, getRepository } from './operation.js'
import type { Operation } from './operation.js'

/** DescribeRepositories: those named, of which each must exist, or all of them in pages. */
export const describeRepositories: Operation<'DescribeRepositories'> = (input, call) => {
  const { context, operation } = call
  const { registryId, repositoryNames, nextToken, maxResults } = input
  const { account, alias } = context.settings
  if (repositoryNames !== undefined) {
    // "This option cannot be used when you specify repositories with repositoryNames" (API reference).
    if (nextToken !== undefined || maxResults !== undefined) {
      throw invalidParameter(
        nextToken === undefined ? 'maxResults' : 'nextToken',
        'cannot be used together with repositoryNames'
      )
    }
    const repositories = [...new Set(repositoryNames)].map((repositoryName) =>
      describeRepository(getRepository(call, { registryId, repositoryName }), call)
    )
    return { repositories }
  }
  if (registryId !== undefined && registryId !== account && registryId !== alias) {
    throw foreignRegistry(context, operation, registryId)
  }
  const page = takePage(context, context.store.repositories, {
    list: operation,
    nextToken,
    maxResults
  })
  return {
    repositories: page.items.map((repository) => describeRepository(repository, call)),
    nextToken: page.nextToken
  }
}
