import { GALLERY_SWITCHES } from './gallery/switches.js'
import { REGISTRY_SWITCHES, STRICT_OCI_SWITCHES } from './registry/switches.js'

/** A behaviour of the service that nobody outside knows for sure: its values, the default first. */
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
  ...GALLERY_SWITCHES
} as const

/** The name of a switch. */
export type SwitchName = keyof typeof SWITCHES

/** A setting for every switch. */
export type Switches = { readonly [Name in SwitchName]: (typeof SWITCHES)[Name][number] }

/** Quotas of the service (public-service-quotas of its user guide); the adjustable ones too. */
export interface Limits {
  /** Repositories of a registry. */
  readonly repositories: number
  /** Images of a repository. */
  readonly images: number
  /** Tags of an image. */
  readonly tagsPerImage: number
  /** Resource tags of a repository. */
  readonly resourceTags: number
  /** Parts of a layer. */
  readonly parts: number
  /** Bytes of a part that is not the last one. */
  readonly minPartBytes: number
  readonly maxPartBytes: number
  /** Bytes of a layer. */
  readonly layerBytes: number
  /** Tags a page of the registry side's list, unless asked for otherwise. */
  readonly tagsPerPage: number
  readonly maxTagsPerPage: number
  /** Referrers a page. */
  readonly referrersPerPage: number
  /** Reads of the registry side a second, for each address that has not logged in. */
  readonly anonymousReadsPerSecond: number
  /** The same for the account. */
  readonly accountReadsPerSecond: number
}

/** The defaults of {@link Limits}. */
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

/** An alias that the registry has asked for besides its primary one. */
export interface OtherAlias {
  readonly name: string
  readonly status: 'ACTIVE' | 'PENDING' | 'REJECTED'
}

/** How the emulator behaves; every member has a default. */
export interface EmulatorOptions extends Partial<Switches> {
  /** The account id; 12 digits. */
  readonly account?: string
  /** The alias of the registry. */
  readonly alias?: string
  /** The directory where everything lasts; without it everything ends with the server. */
  readonly data?: string
  /** What is there at the start, where the store is empty: the contents of a seed file. */
  readonly seed?: unknown
  /** Fault rules that are set from the start. */
  readonly faults?: readonly unknown[]
  /** The IAM actions that callers are allowed (`ecr-public:PutImage`, `ecr-public:*`); all by default. */
  readonly allow?: readonly string[]
  /** Whether the registry side has the service's own quirks or follows the OCI specification. */
  readonly profile?: 'faithful' | 'strict-oci'
  /** `true` for an account with the verified badge. */
  readonly verified?: boolean
  /** Aliases besides the primary one. */
  readonly otherAliases?: readonly OtherAlias[]
  /** The host that URIs name; else the one that the client used. */
  readonly registryHost?: string
  /** What InitiateLayerUpload answers as `partSize`, in bytes. */
  readonly partSize?: number
  readonly limits?: Partial<Limits>
  /** The clock. */
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
  readonly now: () => Date
}

/**
 * Fills in the defaults.
 *
 * @throws Error naming the option and what it takes
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
    now: options.now ?? (() => new Date())
  }
  check('account', settings.account, /^[0-9]{12}$/, '12 digits')
  check(
    'alias',
    settings.alias,
    /^(?=.{2,50}$)[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    '2 to 50 of a-z, 0-9, . _ -, a letter first'
  )
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
    if (!allowed.includes(value)) {
      throw new Error(`${name} is ${value}; it takes ${allowed.join(' or ')}`)
    }
    switches[name] = value
  }
  return switches as unknown as Switches
}

function check(name: string, value: string, pattern: RegExp, allowed: string): void {
  if (!pattern.test(value)) throw new Error(`${name} is ${value}; it takes ${allowed}`)
}
