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

/** The seed for `fc.assert` where one was given; else fast-check takes, and on failure tells, one of its own. */
export const SEEDED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }

/** What random choices follow from: `SEED`, or else a number that is another one each day. */
export const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000))
