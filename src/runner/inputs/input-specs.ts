/** The modes, as the user types them. */
export const MODES = ['login', 'ensure-repo', 'sync-catalog', 'push-tar', 'cleanup-tags'] as const

export type Mode = (typeof MODES)[number]

/** The form of the value of an input. */
export type InputForm =
  | { readonly type: 'text' }
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly min: number; readonly max?: number }
  | { readonly type: 'choice'; readonly allowed: readonly string[] }
  | { readonly type: 'list' }

/** One input: its modes, its form and its default as text (`undefined` if it does not have a default). */
export interface InputSpec {
  readonly modes: readonly Mode[]
  readonly form: InputForm
  readonly default?: string | Readonly<Partial<Record<Mode, string>>>
  readonly required?: boolean
  /** `true` if the input is ignored in other modes instead of rejected, so that `action.yml` can set its default. */
  readonly isIgnoredElsewhere?: boolean
}

const TEXT: InputForm = { type: 'text' }
const BOOLEAN: InputForm = { type: 'boolean' }
const LIST: InputForm = { type: 'list' }

/**
 * All inputs of the action. A test checks that `action.yml`, the README and `action-types.yml` contain the same
 * inputs.
 */
export const INPUT_SPECS = {
  mode: { modes: MODES, form: { type: 'choice', allowed: MODES }, required: true },
  'dry-run': { modes: MODES, form: BOOLEAN, default: 'false' },
  'registry-id': { modes: MODES, form: TEXT },
  'max-attempts': { modes: MODES, form: { type: 'integer', min: 1, max: 20 }, default: '5' },
  'role-to-assume': { modes: MODES, form: TEXT },
  'role-session-name': { modes: MODES, form: TEXT },

  logout: { modes: ['login'], form: BOOLEAN, default: 'true' },

  repository: {
    modes: ['ensure-repo', 'sync-catalog', 'push-tar', 'cleanup-tags'],
    form: LIST,
    required: true
  },

  state: {
    modes: ['ensure-repo'],
    form: { type: 'choice', allowed: ['present', 'absent'] },
    default: 'present'
  },
  force: { modes: ['ensure-repo'], form: BOOLEAN, default: 'false' },
  'resource-tags': { modes: ['ensure-repo'], form: LIST },
  'prune-resource-tags': { modes: ['ensure-repo'], form: BOOLEAN, default: 'false' },
  policy: { modes: ['ensure-repo'], form: TEXT },

  readme: { modes: ['sync-catalog'], form: TEXT, default: 'README.md' },
  'usage-heading': {
    modes: ['sync-catalog'],
    form: LIST,
    default: 'Usage\nQuick start\nGetting started\nHow to use\nHow to use this image'
  },
  about: { modes: ['sync-catalog'], form: TEXT },
  usage: { modes: ['sync-catalog'], form: TEXT },
  description: { modes: ['sync-catalog'], form: TEXT },
  architectures: { modes: ['sync-catalog'], form: LIST },
  'operating-systems': { modes: ['sync-catalog'], form: LIST },
  logo: { modes: ['sync-catalog'], form: TEXT },
  'display-name': { modes: ['sync-catalog'], form: TEXT },
  'absolute-links': { modes: ['sync-catalog'], form: BOOLEAN, default: 'true' },
  'link-ref': { modes: ['sync-catalog'], form: TEXT, default: 'commit' },
  'on-too-long': {
    modes: ['sync-catalog'],
    form: { type: 'choice', allowed: ['truncate', 'fail'] },
    default: 'truncate'
  },

  tar: { modes: ['push-tar'], form: LIST },
  image: { modes: ['push-tar'], form: TEXT },
  from: { modes: ['push-tar'], form: TEXT },
  'archive-image': { modes: ['push-tar'], form: TEXT },
  'image-tags': { modes: ['push-tar'], form: LIST },
  compression: {
    modes: ['push-tar'],
    form: { type: 'choice', allowed: ['gzip', 'zstd', 'none'] },
    default: 'gzip'
  },
  'compression-level': { modes: ['push-tar'], form: { type: 'integer', min: 1, max: 19 } },
  'if-tag-exists': {
    modes: ['push-tar'],
    form: { type: 'choice', allowed: ['move', 'skip', 'fail'] },
    default: 'move'
  },
  'reuse-layers': { modes: ['push-tar'], form: BOOLEAN, default: 'true' },
  concurrency: { modes: ['push-tar'], form: { type: 'integer', min: 1, max: 16 }, default: '4' },
  wait: { modes: ['push-tar'], form: BOOLEAN, default: 'false' },

  tags: { modes: ['cleanup-tags'], form: LIST, default: '*' },
  'exclude-tags': { modes: ['cleanup-tags'], form: LIST, default: 'latest' },
  'older-than': { modes: ['cleanup-tags'], form: TEXT },
  'keep-latest': { modes: ['cleanup-tags'], form: { type: 'integer', min: 0 }, default: '1' },
  'keep-latest-per': {
    modes: ['cleanup-tags'],
    form: { type: 'choice', allowed: ['repository', 'pattern'] },
    default: 'repository'
  },
  'sort-by': {
    modes: ['cleanup-tags'],
    form: { type: 'choice', allowed: ['created', 'semver'] },
    default: 'created'
  },
  'closed-pull-requests': { modes: ['cleanup-tags'], form: LIST },
  'github-token': {
    modes: ['cleanup-tags'],
    form: TEXT,
    default: '${{ github.token }}',
    isIgnoredElsewhere: true
  },
  untagged: { modes: ['cleanup-tags'], form: BOOLEAN, default: 'false' },
  'lifecycle-policy': { modes: ['cleanup-tags'], form: TEXT },
  'manifest-cache': { modes: ['cleanup-tags'], form: TEXT },
  'max-deletions': { modes: ['cleanup-tags'], form: { type: 'integer', min: 0 } }
} as const satisfies Record<string, InputSpec>

export type InputName = keyof typeof INPUT_SPECS

/** Returns the specification of an input. */
export function specOf(name: InputName): InputSpec {
  return INPUT_SPECS[name]
}

/** Returns the default of an input in a mode as text. */
export function defaultOf(name: InputName, mode: Mode): string | undefined {
  const value = specOf(name).default
  return typeof value === 'object' ? value[mode] : value
}

const NO_IMMUTABILITY = 'ECR Public does not support tag immutability: every tag can be moved.'
const NO_SCANNING = 'ECR Public does not scan images.'
const NO_ENCRYPTION = 'ECR Public does not support a choice of encryption.'

/** Inputs that other actions have for private repositories, with the reason why they do not exist here. */
export const UNSUPPORTED_INPUTS: ReadonlyMap<string, string> = new Map([
  ['image-tag-mutability', NO_IMMUTABILITY],
  ['tag-mutability', NO_IMMUTABILITY],
  ['tag-immutability', NO_IMMUTABILITY],
  ['scan-on-push', NO_SCANNING],
  ['image-scanning', NO_SCANNING],
  ['image-scanning-configuration', NO_SCANNING],
  ['encryption-type', NO_ENCRYPTION],
  ['encryption-configuration', NO_ENCRYPTION],
  ['kms-key', NO_ENCRYPTION],
  ['replication-configuration', 'ECR Public does not support replication rules.'],
  [
    'lifecycle-policy-text',
    'ECR Public does not support lifecycle policies, but mode cleanup-tags evaluates one.'
  ],
  ['region', 'The API exists only in us-east-1, and the action always uses this region.']
])

/**
 * The inputs that replace an input of another mode: mode, that input, and the input of the mode. Docker's actions and
 * Terraform have an input `tags`.
 */
const EQUIVALENT_INPUTS: readonly (readonly [Mode, InputName, InputName])[] = [
  ['ensure-repo', 'tags', 'resource-tags'],
  ['push-tar', 'tags', 'image-tags'],
  ['cleanup-tags', 'image-tags', 'tags'],
  ['cleanup-tags', 'policy', 'lifecycle-policy']
]

/** Returns the input of a mode that replaces an input of another mode. */
export function findEquivalentInput(mode: string, name: string): InputName | undefined {
  return EQUIVALENT_INPUTS.find((each) => each[0] === mode && each[1] === name)?.[2]
}
