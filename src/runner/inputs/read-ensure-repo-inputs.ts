import { problem } from '../errors.js'
import type { InputName } from './input-specs.js'
import { parseList } from './lists.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs, EnsureRepoInputs, ResourceTag } from './types.js'

/** @throws ActionError where one is malformed, or does not go with `state` */
export function readEnsureRepoInputs(common: CommonInputs, reader: InputReader): EnsureRepoInputs {
  const state = reader.choice('state')
  const resourceTags = reader.text('resource-tags')
  const inputs: EnsureRepoInputs = {
    mode: 'ensure-repo',
    ...common,
    repositories: reader.requiredList('repository'),
    state,
    force: reader.boolean('force'),
    resourceTags: resourceTags === undefined ? undefined : parseResourceTags(resourceTags),
    pruneResourceTags: reader.boolean('prune-resource-tags'),
    policy: reader.text('policy')
  }
  const conflicting: readonly InputName[] =
    state === 'absent' ? ['resource-tags', 'prune-resource-tags', 'policy'] : ['force']
  for (const name of conflicting) {
    if (!reader.isGiven(name) || reader.text(name) === 'false') continue
    throw problem({
      what: `Input "${name}" does not go with state: ${state}`,
      fix: `remove "${name}", or set "state" to ${state === 'absent' ? 'present' : 'absent'}`
    })
  }
  return inputs
}

function parseResourceTags(text: string): ResourceTag[] {
  const tags = parseList(text).map((item): ResourceTag => {
    const equals = item.indexOf('=')
    if (equals < 1) {
      throw problem({
        what: 'Input "resource-tags" has an item that is no resource tag',
        value: item,
        expected: 'key=value, one a line'
      })
    }
    return { key: item.slice(0, equals).trim(), value: item.slice(equals + 1).trim() }
  })
  const keys = tags.map((tag) => tag.key)
  const repeated = keys.find((key, at) => keys.indexOf(key) !== at)
  if (repeated !== undefined) {
    throw problem({
      what: 'Input "resource-tags" gives a key twice',
      value: repeated,
      expected: 'each key once (keys are case-sensitive)'
    })
  }
  return tags
}
