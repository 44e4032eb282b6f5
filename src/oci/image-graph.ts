/** The digests that a manifest refers to. */
export interface ManifestLinks {
  /** The manifests of an index. */
  readonly children: readonly string[]
  readonly subject: string | undefined
}

/** The manifests to read next, or the images whose referrers to list next. */
export interface GraphQuestion {
  readonly kind: 'manifests' | 'referrers'
  readonly digests: readonly string[]
}

/** Requests manifests and referrers, and receives the digests that they refer to. */
export interface GraphReader {
  /** Returns the next digests to read, or `undefined` if nothing is left to read. */
  ask(): GraphQuestion | undefined
  /** Returns `true` if no further result can change a decision, even if `ask` would return more digests. */
  isSettled(): boolean
  /** Receives the links of a manifest, or `undefined` if it could not be read. */
  learnLinks(digest: string, links: ManifestLinks | undefined): void
  /** Receives the referrers of an image, or `undefined` if the registry does not have the referrers API. */
  learnReferrers(digest: string, referrers: readonly string[] | 'unreadable' | undefined): void
}
