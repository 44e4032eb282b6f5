import { getRepository } from './operation.js'
import type { Operation } from './operation.js'
import { getPolicy } from './repository-policy.js'

export const getRepositoryPolicy: Operation<'GetRepositoryPolicy'> = (input, call) => {
  const repository = getRepository(call, input)
  return {
    registryId: call.context.settings.account,
    repositoryName: repository.name,
    policyText: getPolicy(call.context, repository)
  }
}
