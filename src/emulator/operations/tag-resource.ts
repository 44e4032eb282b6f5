import type { Operation } from './operation.js'
import { getRepositoryByArn, mergeResourceTags } from './resource-tags.js'

/** TagResource adds tags. An existing key gets the new value. */
export const tagResource: Operation<'TagResource'> = ({ resourceArn, tags }, call) => {
  const { store, settings } = call.context
  const { name, resourceTags } = getRepositoryByArn(call, resourceArn)
  store.setResourceTags(name, mergeResourceTags(resourceTags, tags, settings.limits))
  return {}
}
