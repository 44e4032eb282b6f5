import type { Operation } from './operation.js'
import { checkTagKey, getRepositoryByArn, tooManyTags } from './resource-tags.js'

/** UntagResource ignores keys that do not exist. */
export const untagResource: Operation<'UntagResource'> = ({ resourceArn, tagKeys }, call) => {
  const { store, settings } = call.context
  const { name, resourceTags } = getRepositoryByArn(call, resourceArn)
  if (tagKeys.length > settings.limits.resourceTags) throw tooManyTags(settings.limits)
  const left = new Map(resourceTags)
  for (const key of tagKeys) {
    checkTagKey(key)
    left.delete(key)
  }
  store.setResourceTags(name, left)
  return {}
}
