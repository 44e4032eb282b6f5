/** What came of one deletion. */
export type Outcome =
  | { readonly kind: 'deleted' }
  | Refusal
  | { readonly kind: 'failed'; readonly reason: string }
  /** Nothing was tried, as it changed since it was listed. `isGone`: the image is no more. */
  | { readonly kind: 'left'; readonly reason: string; readonly isGone: boolean }

/** The service refused it because something refers to the image; or (`isWaiting`) it has to go after such a one. */
export interface Refusal {
  readonly kind: 'refused'
  readonly reason: string
  readonly isWaiting: boolean
  /** What refers to the image, as far as the service says. */
  readonly holders: readonly string[]
}
