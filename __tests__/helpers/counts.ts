/**
 * Tells how much a suite tried, in one line of its own that `npm run soak` finds in its output:
 * `counts: fault matrix: 12 faulted runs, 34 faulted calls (SEED=5)`.
 */
export function tellCounts(
  suite: string,
  counts: Readonly<Record<string, number>>,
  seed: number
): void {
  const parts = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
  console.log(`counts: ${suite}: ${parts.join(', ')} (SEED=${seed})`)
}

/** `true` for the large sizes. */
export const isSoak = process.env.SOAK === '1'

/**
 * What all random choices follow from, those of fast-check too. Without `SEED` always the same number, so that it is
 * the commit alone that decides whether the tests pass; `npm run soak` takes another one each time.
 */
export const SEED = Number(process.env.SEED ?? 20_260_601)
