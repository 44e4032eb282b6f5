/**
 * Logs the counts of a suite in one line, which `npm run soak` reads:
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

/** `true` for `npm run soak`, which uses larger sizes. */
export const isSoak = process.env.SOAK === '1'

/**
 * The seed of all random values, including the values of fast-check. It is constant without the variable `SEED`, so that
 * test results are reproducible. `npm run soak` uses a new seed each time.
 */
export const SEED = Number(process.env.SEED ?? 20_260_601)
