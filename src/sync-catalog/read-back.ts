/** How long is waited before each time that something written is read back, in milliseconds. */
const DELAYS_MS = [0, 1_000, 3_000, 6_000] as const

/**
 * Reads back what was written until it is right, since a moment may pass until all of the service knows.
 *
 * @param findWrong reads, and names what is not as it was written
 * @returns what is still wrong in the end; empty where all is right
 */
export async function readBack(
  sleep: (milliseconds: number) => Promise<void>,
  findWrong: () => Promise<string[]>
): Promise<string[]> {
  let wrong: string[] = []
  for (const delay of DELAYS_MS) {
    if (delay > 0) await sleep(delay)
    wrong = await findWrong()
    if (wrong.length === 0) break
  }
  return wrong
}
