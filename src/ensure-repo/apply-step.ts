import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand
} from '@aws-sdk/client-ecr-public'
import type { DeleteRepositoryCommandInput, Repository, Tag } from '@aws-sdk/client-ecr-public'
import type { Deps, EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed } from '../runner/errors.js'
import type { ResourceTag } from '../runner/inputs/inputs.js'
import { containsImages } from './plan-repository.js'
import type { RepositoryStep } from './plan-repository.js'
import { setPolicy } from './set-policy.js'

type ApplyDeps = Pick<Deps, 'api' | 'log' | 'sleep'>

/** Makes one API call of a plan. Returns the repository, as CreateRepository describes it if the call creates it. */
export async function applyStep(
  name: string,
  step: RepositoryStep,
  repository: Repository | undefined,
  deps: ApplyDeps
): Promise<Repository | undefined> {
  const { api } = deps
  const registryId = repository?.registryId
  const resourceArn = repository?.repositoryArn
  const repositoryName = name
  switch (step.call) {
    case 'create': {
      const tags = step.resourceTags.length > 0 ? apiTags(step.resourceTags) : undefined
      const created = await api.send(new CreateRepositoryCommand({ repositoryName, tags }))
      return created.repository
    }
    case 'delete':
      await deleteRepository({ registryId, repositoryName, force: step.force }, api)
      return repository
    case 'untag':
      await api.send(new UntagResourceCommand({ resourceArn, tagKeys: [...step.keys] }))
      return repository
    case 'tag':
      await api.send(new TagResourceCommand({ resourceArn, tags: apiTags(step.resourceTags) }))
      return repository
    case 'set-policy':
      await setPolicy({ registryId, repositoryName, policyText: step.text }, deps)
      return repository
    case 'delete-policy':
      await deletePolicy(new DeleteRepositoryPolicyCommand({ registryId, repositoryName }), api)
      return repository
    default:
      return step satisfies never
  }
}

/** @throws ActionError if the repository contains images: another job pushed one, or the caller cannot list them */
async function deleteRepository(
  input: DeleteRepositoryCommandInput & { readonly repositoryName: string },
  api: EcrPublicApi
): Promise<void> {
  try {
    await api.send(new DeleteRepositoryCommand(input))
  } catch (error) {
    if (!isErrorNamed(error, 'RepositoryNotEmptyException')) throw error
    throw containsImages(input.repositoryName, error)
  }
}

/** Ignores a policy that another job, or an earlier attempt whose response was lost, has already deleted. */
async function deletePolicy(
  command: DeleteRepositoryPolicyCommand,
  api: EcrPublicApi
): Promise<void> {
  try {
    await api.send(command)
  } catch (error) {
    if (!isErrorNamed(error, 'RepositoryPolicyNotFoundException')) throw error
  }
}

function apiTags(tags: readonly ResourceTag[]): Tag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }))
}
