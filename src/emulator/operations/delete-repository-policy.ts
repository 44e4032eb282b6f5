import { getRepository } from './operation.js'
import type { Operation } from './operation.js'
import { getPolicy } from './repository-policy.js'

/** DeleteRepositoryPolicy returns the deleted policy. */
export const deleteRepositoryPolicy: Operation<'DeleteRepositoryPolicy'> = (input, call) => {
  const repository = getRepository(call, input)
  const policyText = getPolicy(call.context, repository)
  call.context.store.setPolicy(repository.name, undefined)
  return {
    registryId: call.context.settings.account,
    repositoryName: repository.name,
    policyText
  }
}
