import { getRepository } from './operation.js'
import type { Operation } from './operation.js'
import { normalizePolicy } from './repository-policy.js'

/** SetRepositoryPolicy replaces the policy. */
export const setRepositoryPolicy: Operation<'SetRepositoryPolicy'> = (input, call) => {
  const repository = getRepository(call, input)
  const policyText = normalizePolicy(input.policyText, input.force === true)
  call.context.store.setPolicy(repository.name, policyText)
  return {
    registryId: call.context.settings.account,
    repositoryName: repository.name,
    policyText
  }
}
