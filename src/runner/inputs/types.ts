/** The inputs of every mode. */
export interface CommonInputs {
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
