import { getInput } from '@actions/core'
import { problem } from './errors.js'
import { INPUT_SPECS, MODES, UNSUPPORTED_INPUTS } from './input-specs.js'
import type { InputName, InputSpec, Mode } from './input-specs.js'
import { parseList } from './lists.js'

/** The inputs of every mode. */
interface CommonInputs {
  /** Plan and report, change nothing. Always `false` in login. */
  readonly dryRun: boolean
  /** 12-digit account id, or an alias where the API takes one; the caller's own where absent. */
  readonly registryId?: string | undefined
  readonly maxAttempts: number
}

export interface LoginInputs extends CommonInputs {
  readonly mode: 'login'
  readonly logout: boolean
}

export interface EnsureRepoInputs extends CommonInputs {
  readonly mode: 'ensure-repo'
  readonly repositories: readonly string[]
  readonly state: 'present' | 'absent'
  readonly force: boolean
  /** `undefined` where the input was not given: the resource tags are then left alone. */
  readonly resourceTags?: readonly ResourceTag[] | undefined
  readonly pruneResourceTags: boolean
  /** JSON text, a path, or `none`. */
  readonly policy?: string | undefined
}

export interface ResourceTag {
  readonly key: string
  readonly value: string
}

export interface SyncCatalogInputs extends CommonInputs {
  readonly mode: 'sync-catalog'
  /** Names or globs. */
  readonly repositories: readonly string[]
  readonly readme: string
  /** `true` where the user named the README: it must then exist. */
  readonly readmeIsGiven: boolean
  readonly usageHeadings: readonly string[]
  readonly about?: string | undefined
  readonly usage?: string | undefined
  readonly description?: string | undefined
  /** Values, platform names, `['auto']` or `['none']`. */
  readonly architectures?: readonly string[] | undefined
  readonly operatingSystems?: readonly string[] | undefined
  readonly logo?: string | undefined
  readonly displayName?: string | undefined
  readonly absoluteLinks: boolean
  readonly onTooLong: 'truncate' | 'fail'
}

export interface PushTarInputs extends CommonInputs {
  readonly mode: 'push-tar'
  readonly repository: string
  /** Either a path or a local image. */
  readonly source:
    | { readonly kind: 'tar'; readonly path: string }
    | { readonly kind: 'image'; readonly reference: string }
  readonly archiveImage?: string | undefined
  /** `undefined`: the tags in the archive. */
  readonly imageTags?: readonly string[] | undefined
  readonly compression: 'gzip' | 'zstd' | 'none'
  /** `undefined`: the balanced default of the compression. */
  readonly compressionLevel?: number | undefined
  readonly ifTagExists: 'move' | 'skip' | 'fail'
  readonly reuseLayers: boolean
  readonly concurrency: number
}

export interface CleanupTagsInputs extends CommonInputs {
  readonly mode: 'cleanup-tags'
  /** Names or globs. */
  readonly repositories: readonly string[]
  readonly rules: TagRules | { readonly lifecyclePolicy: string }
  /** `undefined`: no limit. */
  readonly maxDeletions?: number | undefined
}

/** The six inputs that say which tags and images may go. */
export interface TagRules {
  readonly tags: readonly string[]
  readonly excludeTags: readonly string[]
  /** As written: `30d`, `P30D`. */
  readonly olderThan?: string | undefined
  readonly keepLatest: number
  /** `true` where the user wrote `keep-latest`: only then, or with `older-than`, does any tag go. */
  readonly keepLatestIsGiven: boolean
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

export type Inputs =
  LoginInputs | EnsureRepoInputs | SyncCatalogInputs | PushTarInputs | CleanupTagsInputs

/** How an input's text is read; `getInput` of `@actions/core` where the action runs. */
export type InputSource = (name: string) => string

/**
 * Every input of the step, read once and checked. An input set to the empty string counts as not given.
 *
 * @param env the environment, looked at for inputs that the action does not have
 * @throws ActionError for a missing, unknown, malformed or other mode's input
 */
export function readInputs(
  env: Readonly<Record<string, string | undefined>>,
  source: InputSource = getInput
): Inputs {
  refuseUnknownInputs(env)
  const mode = readMode(source)
  refuseInputsOfOtherModes(mode, source)
  const reader = new InputReader(mode, source)
  const common = readCommonInputs(mode, reader)
  switch (mode) {
    case 'login':
      return { mode, ...common, logout: reader.boolean('logout') }
    case 'ensure-repo':
      return readEnsureRepoInputs(common, reader)
    case 'sync-catalog':
      return readSyncCatalogInputs(common, reader)
    case 'push-tar':
      return readPushTarInputs(common, reader)
    case 'cleanup-tags':
      return readCleanupTagsInputs(common, reader)
    default:
      return mode satisfies never
  }
}

function readMode(source: InputSource): Mode {
  const text = source('mode').trim()
  const allowed = `one of ${MODES.join(', ')}`
  if (text === '') throw problem({ what: 'Input "mode" is missing', allowed })
  const mode = MODES.find((candidate) => candidate === text)
  if (mode === undefined) {
    throw problem({ what: 'Input "mode" has an unknown value', value: text, allowed })
  }
  return mode
}

function readCommonInputs(mode: Mode, reader: InputReader): CommonInputs {
  const dryRun = reader.boolean('dry-run')
  if (dryRun && mode === 'login') {
    throw problem({
      what: 'Input "dry-run" does not apply to mode login, which changes no registry',
      value: 'true',
      wayOut: 'remove it, or skip the step'
    })
  }
  const registryId = reader.text('registry-id')
  if (
    registryId !== undefined &&
    !/^(?:\d{12}|[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*)$/.test(registryId)
  ) {
    throw problem({
      what: 'Input "registry-id" is no registry',
      value: registryId,
      allowed: 'a 12-digit AWS account id, or a registry alias',
      wayOut: 'leave it out for your own registry'
    })
  }
  return { dryRun, registryId, maxAttempts: reader.integer('max-attempts') }
}

function readEnsureRepoInputs(common: CommonInputs, reader: InputReader): EnsureRepoInputs {
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
      wayOut: `remove "${name}", or set "state" to ${state === 'absent' ? 'present' : 'absent'}`
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
        allowed: 'key=value, one a line'
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
      allowed: 'each key once (keys are case-sensitive)'
    })
  }
  return tags
}

function readSyncCatalogInputs(common: CommonInputs, reader: InputReader): SyncCatalogInputs {
  return {
    mode: 'sync-catalog',
    ...common,
    repositories: reader.requiredList('repository'),
    readme: reader.textOrDefault('readme'),
    readmeIsGiven: reader.isGiven('readme'),
    usageHeadings: reader.list('usage-heading') ?? [],
    about: reader.text('about'),
    usage: reader.text('usage'),
    description: reader.text('description'),
    architectures: reader.list('architectures'),
    operatingSystems: reader.list('operating-systems'),
    logo: reader.text('logo'),
    displayName: reader.text('display-name'),
    absoluteLinks: reader.boolean('absolute-links'),
    onTooLong: reader.choice('on-too-long')
  }
}

function readPushTarInputs(common: CommonInputs, reader: InputReader): PushTarInputs {
  const repositories = reader.requiredList('repository')
  const [repository] = repositories
  if (repository === undefined || repositories.length > 1) {
    throw problem({
      what: 'Input "repository" names several repositories',
      value: repositories.join(', '),
      allowed: 'one name in mode push-tar',
      wayOut: 'use a matrix, one job or step a repository'
    })
  }
  const compression = reader.choice('compression')
  const compressionLevel = reader.optionalInteger('compression-level')
  checkCompressionLevel(compression, compressionLevel)
  return {
    mode: 'push-tar',
    ...common,
    repository,
    source: readPushSource(reader),
    archiveImage: reader.text('archive-image'),
    imageTags: reader.list('image-tags'),
    compression,
    compressionLevel,
    ifTagExists: reader.choice('if-tag-exists'),
    reuseLayers: reader.boolean('reuse-layers'),
    concurrency: reader.integer('concurrency')
  }
}

function readPushSource(reader: InputReader): PushTarInputs['source'] {
  const path = reader.text('tar')
  const reference = reader.text('image')
  if (path !== undefined && reference === undefined) return { kind: 'tar', path }
  if (path === undefined && reference !== undefined) return { kind: 'image', reference }
  throw problem({
    what:
      path === undefined
        ? 'Neither input "tar" nor input "image" is given'
        : 'Inputs "tar" and "image" are both given',
    allowed: 'exactly one of them',
    wayOut: '"tar" is the path of an archive, "image" a local image of docker or podman'
  })
}

function checkCompressionLevel(compression: string, level: number | undefined): void {
  if (level === undefined) return
  if (compression === 'none') {
    throw problem({
      what: 'Input "compression-level" does not go with compression: none',
      value: String(level),
      wayOut: 'remove one of them'
    })
  }
  if (compression === 'gzip' && level > 9) {
    throw problem({
      what: 'Input "compression-level" is out of range for gzip',
      value: String(level),
      allowed: '1 to 9 (1 to 19 for zstd)'
    })
  }
}

function readCleanupTagsInputs(common: CommonInputs, reader: InputReader): CleanupTagsInputs {
  const repositories = reader.requiredList('repository')
  const maxDeletions = reader.optionalInteger('max-deletions')
  const lifecyclePolicy = reader.text('lifecycle-policy')
  const ruleNames = [
    'tags',
    'exclude-tags',
    'older-than',
    'keep-latest',
    'sort-by',
    'untagged'
  ] as const
  if (lifecyclePolicy !== undefined) {
    const conflicting = ruleNames.find((name) => reader.isGiven(name))
    if (conflicting !== undefined) {
      throw problem({
        what: `Inputs "lifecycle-policy" and "${conflicting}" are both given`,
        allowed: `"lifecycle-policy" instead of ${ruleNames.join(', ')}`,
        wayOut: 'remove one of them'
      })
    }
    return {
      mode: 'cleanup-tags',
      ...common,
      repositories,
      rules: { lifecyclePolicy },
      maxDeletions
    }
  }
  const rules: TagRules = {
    tags: reader.list('tags') ?? [],
    excludeTags: reader.list('exclude-tags') ?? [],
    olderThan: reader.text('older-than'),
    keepLatest: reader.integer('keep-latest'),
    keepLatestIsGiven: reader.isGiven('keep-latest'),
    sortBy: reader.choice('sort-by'),
    untagged: reader.boolean('untagged')
  }
  if (rules.olderThan === undefined && !rules.keepLatestIsGiven && !rules.untagged) {
    throw problem({
      what: 'Mode cleanup-tags has no rule to go by',
      allowed: 'at least one of older-than, keep-latest, untagged, lifecycle-policy'
    })
  }
  return { mode: 'cleanup-tags', ...common, repositories, rules, maxDeletions }
}

/** The input names whose form is a choice, and their values. */
type ChoiceOf<Name extends InputName> = (typeof INPUT_SPECS)[Name]['form'] extends {
  readonly type: 'choice'
  readonly allowed: readonly (infer Value)[]
}
  ? Value
  : never

/** Reads the inputs of one mode, each in its form. */
class InputReader {
  constructor(
    private readonly mode: Mode,
    private readonly source: InputSource
  ) {}

  isGiven(name: InputName): boolean {
    return this.text(name) !== undefined
  }

  text(name: InputName): string | undefined {
    const text = this.source(name).trim()
    return text === '' ? undefined : text
  }

  textOrDefault(name: InputName): string {
    return this.text(name) ?? defaultOf(name, this.mode) ?? ''
  }

  boolean(name: InputName): boolean {
    const text = this.textOrDefault(name)
    // The spellings of the YAML 1.2 core schema, as `getBooleanInput` of @actions/core takes them.
    if (['true', 'True', 'TRUE'].includes(text)) return true
    if (['false', 'False', 'FALSE'].includes(text)) return false
    throw problem({
      what: `Input "${name}" is no boolean`,
      value: text,
      allowed: 'true or false'
    })
  }

  integer(name: InputName): number {
    return this.parseInteger(name, this.textOrDefault(name))
  }

  optionalInteger(name: InputName): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : this.parseInteger(name, text)
  }

  choice<Name extends InputName>(name: Name): ChoiceOf<Name> {
    const form = specOf(name).form
    if (form.type !== 'choice') throw new Error(`Input "${name}" is no choice`)
    const text = this.textOrDefault(name)
    if (!form.allowed.includes(text)) {
      throw problem({
        what: `Input "${name}" has an unknown value`,
        value: text,
        allowed: `one of ${form.allowed.join(', ')}`
      })
    }
    return text as ChoiceOf<Name>
  }

  list(name: InputName): string[] | undefined {
    const text = this.text(name) ?? defaultOf(name, this.mode)
    if (text === undefined) return undefined
    const items = parseList(text)
    return items.length === 0 ? undefined : items
  }

  requiredList(name: InputName): string[] {
    const items = this.list(name)
    if (items === undefined) {
      throw problem({
        what: `Input "${name}" is missing`,
        allowed: `mode ${this.mode} needs it, one item a line`
      })
    }
    return [...new Set(items)]
  }

  private parseInteger(name: InputName, text: string): number {
    const form = specOf(name).form
    if (form.type !== 'integer') throw new Error(`Input "${name}" is no integer`)
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    const max = form.max ?? Number.MAX_SAFE_INTEGER
    if (!(value >= form.min && value <= max)) {
      const range =
        form.max === undefined
          ? `of ${String(form.min)} or more`
          : `from ${String(form.min)} to ${String(form.max)}`
      throw problem({
        what: `Input "${name}" is no number that it can be`,
        value: text,
        allowed: `a whole number ${range}`
      })
    }
    return value
  }
}

function specOf(name: InputName): InputSpec {
  return INPUT_SPECS[name]
}

/** The default of an input in a mode, as text. */
export function defaultOf(name: InputName, mode: Mode): string | undefined {
  const value = specOf(name).default
  return typeof value === 'object' ? value[mode] : value
}

function refuseInputsOfOtherModes(mode: Mode, source: InputSource): void {
  for (const [name, spec] of Object.entries<InputSpec>(INPUT_SPECS)) {
    if (spec.modes.includes(mode) || source(name).trim() === '') continue
    const hint = UNSUPPORTED_INPUTS[name] ?? UNSUPPORTED_INPUTS[`${name}-text`]
    throw problem({
      what: `Input "${name}" does not belong to mode ${mode}`,
      allowed: `it belongs to mode ${spec.modes.join(', ')}`,
      wayOut: hint === undefined ? 'remove it, or check "mode"' : hint
    })
  }
}

/** The runner only warns about an input that an action does not have; here it could cost images. */
function refuseUnknownInputs(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(Object.keys(INPUT_SPECS))
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('INPUT_') || value === undefined || value.trim() === '') continue
    const name = variable.slice('INPUT_'.length).toLowerCase()
    if (known.has(name)) continue
    const unsupported = UNSUPPORTED_INPUTS[name.replaceAll('_', '-')]
    if (unsupported !== undefined) {
      throw problem({
        what: `Input "${name}" is not supported`,
        allowed: unsupported,
        wayOut: 'remove it'
      })
    }
    const similar = [...known].find((candidate) => simplify(candidate) === simplify(name))
    throw problem({
      what: `Input "${name}" is unknown`,
      allowed:
        similar === undefined
          ? `the inputs are ${[...known].join(', ')}`
          : `did you mean "${similar}"?`
    })
  }
}

function simplify(name: string): string {
  return name.replace(/[^a-z0-9]/g, '').replace(/s$/, '')
}
