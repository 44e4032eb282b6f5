import type { Operation } from './operation.js'
import { getRepositoryByArn } from './resource-tags.js'

export const listTagsForResource: Operation<'ListTagsForResource'> = ({ resourceArn }, call) => {
  const { resourceTags } = getRepositoryByArn(call, resourceArn)
  return { tags: [...resourceTags].map(([Key, Value]) => ({ Key, Value })) }
}
