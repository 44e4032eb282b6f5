import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { InputName } from './input-specs.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode ensure-repo. */
export interface EnsureRepoInputs extends CommonInputs {
  readonly mode: 'ensure-repo'
  /** Names, each once. */
  readonly repositories: readonly string[]
  readonly state: 'present' | 'absent'
  readonly force: boolean
  /** `undefined` if the input is not given: the resource tags are then not changed. Empty for the word `none`. */
  readonly resourceTags?: readonly ResourceTag[] | undefined
  readonly pruneResourceTags: boolean
  /** JSON text, a path, or `none`. */
  readonly policy?: string | undefined
}

/** A tag of an AWS resource, which is unrelated to the tags of images. */
export interface ResourceTag {
  readonly key: string
  readonly value: string
}

/** @throws ActionError if an input is invalid, or cannot be used with the value of `state` */
export function readEnsureRepoInputs(common: CommonInputs, reader: InputReader): EnsureRepoInputs {
  const state = reader.choice('state')
  const resourceTags = reader.list('resource-tags')
  const removesAll = resourceTags?.length === 1 && resourceTags[0] === 'none'
  const inputs: EnsureRepoInputs = {
    mode: 'ensure-repo',
    ...common,
    repositories: [...new Set(reader.requiredList('repository'))],
    state,
    force: reader.boolean('force'),
    resourceTags: removesAll ? [] : resourceTags && parseResourceTags(resourceTags),
    pruneResourceTags: reader.boolean('prune-resource-tags'),
    policy: reader.text('policy')
  }
  const conflicting: readonly InputName[] =
    state === 'absent' ? ['resource-tags', 'prune-resource-tags', 'policy'] : ['force']
  for (const name of conflicting) {
    if (!reader.isGiven(name) || reader.text(name) === 'false') continue
    throw problem({
      what: `Input "${name}" cannot be used with "state: ${state}"`,
      fix: `Remove "${name}", or set "state" to ${state === 'absent' ? 'present' : 'absent'}.`
    })
  }
  if (inputs.pruneResourceTags && resourceTags === undefined) {
    throw problem({
      what: 'Input "prune-resource-tags" requires the input "resource-tags"',
      fix: 'List the tags to keep in "resource-tags", or set "resource-tags: none" to remove all tags.'
    })
  }
  if (removesAll && !inputs.pruneResourceTags) {
    throw problem({
      what: 'The value "none" of the input "resource-tags" requires the input "prune-resource-tags"',
      fix: 'Set "prune-resource-tags: true" to remove all tags, or remove "resource-tags".'
    })
  }
  return inputs
}

function parseResourceTags(items: readonly string[]): ResourceTag[] {
  const tags = items.map((item): ResourceTag => {
    const equals = item.indexOf('=')
    if (equals < 1) {
      throw problem({
        what: 'Input "resource-tags" contains an invalid tag',
        value: item,
        expected: 'Use key=value, with one tag per line.'
      })
    }
    return { key: item.slice(0, equals).trim(), value: item.slice(equals + 1).trim() }
  })
  rejectOtherForms(tags)
  const keys = tags.map((tag) => tag.key)
  const repeated = keys.find((key, at) => keys.indexOf(key) !== at)
  if (repeated !== undefined) {
    throw problem({
      what: 'Input "resource-tags" contains a key twice',
      value: repeated,
      expected: 'List each key once. Keys are case-sensitive.'
    })
  }
  return tags
}

/**
 * Rejects forms of other tools that would be tags with unintended keys: a line of a YAML list, and `Key=project,Value=app`,
 * the form of the AWS CLI (`TagKey=…,TagValue=…` for some services).
 */
function rejectOtherForms(tags: readonly ResourceTag[]): void {
  const listed = tags.find(({ key }) => /^-\s/.test(key))
  if (listed !== undefined) {
    throw problem({
      what: 'Input "resource-tags" contains a tag in the form of a YAML list',
      value: textOf(listed),
      expected: `Use "${textOf(listed).slice(1).trim()}", with one tag per line.`
    })
  }
  for (const prefix of ['', 'tag']) {
    const find = (part: string): ResourceTag | undefined =>
      tags.find((tag) => tag.key.toLowerCase() === prefix + part)
    const [key, value] = [find('key'), find('value')]
    if (key === undefined || value === undefined) continue
    throw problem({
      what: 'Input "resource-tags" contains a tag in the form of the AWS CLI',
      value: `${textOf(key)},${textOf(value)}`,
      expected: `Use "${key.value}=${value.value}", with one tag per line.`
    })
  }
}

function textOf({ key, value }: ResourceTag): string {
  return `${key}=${value}`
}
