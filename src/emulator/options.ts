import { checkActionPatterns } from './api/action-patterns.js'
import { Clock } from './clock.js'
import { invalidValue } from './invalid-value.js'
import { REGISTRY_SWITCHES, STRICT_OCI_SWITCHES } from './registry/switches.js'

/** Behavior of the service that is not documented: the values of each switch, the default first. */
export const SWITCHES = {
  catalogPut: ['merge', 'replace'],
  catalogDataMissing: ['empty', 'not-found'],
  logoUrl: ['new', 'stable'],
  displayNameOf: ['anyone', 'verified-only'],
  unknownLayer: ['unavailable', 'failure'],
  batchDeleteOrder: ['snapshot', 'sequential'],
  deleteByTagAndDigest: ['tag', 'image'],
  duplicateIds: ['not-found', 'ignored'],
  childProtection: ['on', 'off'],
  subjectProtection: ['off', 'on'],
  lastTagDeletion: ['image', 'tag'],
  tagMutability: ['mutable', 'immutable'],
  movedTagCreatedAt: ['moved', 'kept'],
  untaggedAgain: ['already-exists', 'accepted'],
  imageSize: ['layers', 'layers-and-config'],
  listOrder: ['pushed', 'shuffled'],
  registryBeforeRepository: ['present', 'empty'],
  foreignRegistry: ['not-found', 'access-denied'],
  messageRegistryId: ['account', 'alias'],
  otherRegions: ['refuse', 'serve'],
  serializationError: ['bare', 'coral'],
  ...REGISTRY_SWITCHES,
  /** Images of other hosts in the gallery: a frame with the alternative text, or the image itself. */
  galleryImages: ['framed', 'loaded']
} as const

export type SwitchName = keyof typeof SWITCHES

/** The value of every switch. */
export type Switches = { readonly [Name in SwitchName]: (typeof SWITCHES)[Name][number] }

/** The quotas of the service (user guide, public-service-quotas), including the adjustable ones. */
export interface Limits {
  /** Repositories per registry. */
  readonly repositories: number
  /** Images per repository. */
  readonly images: number
  /** Tags per image. */
  readonly tagsPerImage: number
  /** Resource tags per repository. */
  readonly resourceTags: number
  /** Parts per layer. */
  readonly parts: number
  /** Minimum size of every part except the last one, in bytes. */
  readonly minPartBytes: number
  readonly maxPartBytes: number
  /** Maximum size of a layer, in bytes. */
  readonly layerBytes: number
  /** Default number of tags per page of the registry's tag list. */
  readonly tagsPerPage: number
  readonly maxTagsPerPage: number
  /** Referrers per page. */
  readonly referrersPerPage: number
  /** Reads from the registry per second and IP address without a login. */
  readonly anonymousReadsPerSecond: number
  /** Reads from the registry per second by the account. */
  readonly accountReadsPerSecond: number
}

export const DEFAULT_LIMITS: Limits = {
  repositories: 10_000,
  images: 100_000,
  tagsPerImage: 1_000,
  resourceTags: 50,
  parts: 1_000,
  minPartBytes: 5 * 1024 * 1024,
  maxPartBytes: 10 * 1024 * 1024,
  layerBytes: 10_000 * 1024 * 1024,
  tagsPerPage: 100,
  maxTagsPerPage: 1_000,
  referrersPerPage: 100,
  anonymousReadsPerSecond: Infinity,
  accountReadsPerSecond: Infinity
}

/** An alias of the registry besides the primary one. */
export interface OtherAlias {
  readonly name: string
  readonly status: 'ACTIVE' | 'PENDING' | 'REJECTED'
}

/** The options of the emulator. All of them are optional. */
export interface EmulatorOptions extends Partial<Switches> {
  /** The account ID, 12 digits. */
  readonly account?: string
  /** The primary alias of the registry. */
  readonly alias?: string
  /** The data directory. Without it, all data is deleted when the server closes. */
  readonly data?: string
  /** The contents of a seed file, applied if the store is empty. */
  readonly seed?: unknown
  /** The initial fault rules. */
  readonly faults?: readonly unknown[]
  /**
   * The IAM actions that callers are allowed to use (`ecr-public:PutImage`, `ecr-public:*`).
   * Default: all.
   */
  readonly allow?: readonly string[]
  /** `faithful` behaves like public.ecr.aws, `strict-oci` follows the OCI specification. */
  readonly profile?: 'faithful' | 'strict-oci'
  /** `true` for an account with the verified badge. */
  readonly verified?: boolean
  /** The aliases besides the primary one. */
  readonly otherAliases?: readonly OtherAlias[]
  /** The host for URIs in responses. Default: the host of the request. */
  readonly registryHost?: string
  /** The `partSize` of InitiateLayerUpload, in bytes. */
  readonly partSize?: number
  readonly limits?: Partial<Limits>
  /** The time at the start, in ISO 8601 with a time zone. Default: the system time. */
  readonly clock?: string
  /** The clock that runs underneath. Default: the system clock. */
  readonly now?: () => Date
}

/** The options with their defaults. */
export interface Settings extends Switches {
  readonly account: string
  readonly alias: string
  readonly data: string | undefined
  readonly allow: readonly string[] | undefined
  readonly profile: 'faithful' | 'strict-oci'
  readonly verified: boolean
  readonly otherAliases: readonly OtherAlias[]
  readonly registryHost: string | undefined
  readonly partSize: number
  readonly limits: Limits
  readonly clock: Clock
}

/**
 * Applies the defaults.
 *
 * @throws Error for an option with an invalid value
 */
export function resolveOptions(options: EmulatorOptions): Settings {
  const settings = {
    ...resolveSwitches(options),
    account: options.account ?? '123456789012',
    alias: options.alias ?? 'a1b2c3d4',
    data: options.data,
    allow: options.allow,
    profile: options.profile ?? 'faithful',
    verified: options.verified ?? false,
    otherAliases: options.otherAliases ?? [],
    registryHost: options.registryHost,
    partSize: options.partSize ?? DEFAULT_LIMITS.maxPartBytes,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    clock: new Clock(options.now, options.clock)
  }
  check('account', settings.account, /^[0-9]{12}$/, '12 digits')
  check(
    'alias',
    settings.alias,
    /^(?=.{2,50}$)[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    '2 to 50 lower-case letters, digits, ".", "_" or "-", beginning with a letter'
  )
  checkActionPatterns(settings.allow ?? [])
  check('profile', settings.profile, /^(faithful|strict-oci)$/, 'faithful or strict-oci')
  return settings
}

function resolveSwitches(
  options: Partial<Record<SwitchName, string>> & { profile?: string }
): Switches {
  const ofProfile: Partial<Record<SwitchName, string>> =
    options.profile === 'strict-oci' ? STRICT_OCI_SWITCHES : {}
  const switches: Record<string, string> = {}
  for (const [name, allowed] of Object.entries(SWITCHES) as [SwitchName, readonly string[]][]) {
    const value = options[name] ?? ofProfile[name] ?? allowed[0] ?? ''
    if (!allowed.includes(value)) throw invalidOption(name, value, allowed.join(' or '))
    switches[name] = value
  }
  return switches as unknown as Switches
}

function check(name: string, value: string, pattern: RegExp, expected: string): void {
  if (!pattern.test(value)) throw invalidOption(name, value, expected)
}

function invalidOption(name: string, value: string, expected: string): Error {
  return invalidValue(`Option "${name}"`, value, expected)
}
