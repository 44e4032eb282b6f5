import { concernsResourceTags } from './desired-repository.js'
import type { DesiredRepository } from './desired-repository.js'

/**
 * Returns the IAM actions that a run can require for this state, so that an error names all of them at once.
 *
 * @param createsAny `false` if the API has returned that all repositories exist
 */
export function requiredActions(desired: DesiredRepository, createsAny: boolean): string[] {
  return operationsOf(desired, createsAny).map((operation) => `ecr-public:${operation}`)
}

function operationsOf(desired: DesiredRepository, createsAny: boolean): string[] {
  const operations = ['DescribeRepositories']
  if (desired.state === 'absent') {
    if (!desired.force) operations.push('DescribeImages')
    return [...operations, 'DeleteRepository']
  }
  if (createsAny) operations.push('CreateRepository')
  if (concernsResourceTags(desired)) {
    operations.push('ListTagsForResource')
    // IAM also requires TagResource to create a repository with tags.
    if (desired.resourceTags !== undefined && desired.resourceTags.length > 0) {
      operations.push('TagResource')
    }
    if (desired.prunesResourceTags) operations.push('UntagResource')
  }
  const { policy } = desired
  if (policy !== undefined) {
    const change = policy.kind === 'none' ? 'DeleteRepositoryPolicy' : 'SetRepositoryPolicy'
    operations.push('GetRepositoryPolicy', change)
  }
  return operations
}
