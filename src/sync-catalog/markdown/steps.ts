/** Work in short steps. Garbage can be collected between them. The last one returns the result. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Runs all steps, one immediately after the other. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
