/** The digests that a manifest refers to. */
export interface ManifestLinks {
  /** The manifests of an index. */
  readonly children: readonly string[]
  readonly subject: string | undefined
}

/** The manifests to read, or the images whose referrers to list, before more can be decided. */
export interface GraphQuestion {
  readonly kind: 'manifests' | 'referrers'
  readonly digests: readonly string[]
}

/** Asks for manifests and receives what they refer to. */
export interface GraphReader {
  /** Returns the next digests to read, or `undefined` if nothing is left to read. */
  ask(): GraphQuestion | undefined
  /** Returns `true` if no further answer can change a decision. Questions may still be open. */
  isSettled(): boolean
  learnLinks(digest: string, links: ManifestLinks | undefined): void
  learnReferrers(digest: string, referrers: readonly string[] | 'unreadable' | undefined): void
}
