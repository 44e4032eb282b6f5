/** A notice or warning that the step shows. */
export interface Annotation {
  readonly level: 'notice' | 'warning'
  /** The sentences about one file or repository. */
  readonly text: string
  /** The sentence for several annotations of the same kind. By default, the text itself. */
  readonly kind?: string | undefined
}
